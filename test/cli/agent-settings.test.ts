import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentValues, hostSettings, serviceSettings } from '../../src/cli/agent-settings.ts';
import { temporaryFolder } from './captured-files.ts';

function file(text: string, name = 'agent.json'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

const refusal = (code: string) => expect.objectContaining({ name: 'UsageError', code });

const values = (text: string) => agentValues({ config: file(text) }, {});

describe('the settings of a host', () => {
  it('have defaults for all but the service', () => {
    expect(hostSettings(agentValues({}, {}, '/nowhere'))).toEqual({
      state: '/var/lib/assay-agent',
      tpm: { tcti: undefined, akType: 'ecc', akParent: 'endorsement', ek: undefined },
      firmwareLog: '/sys/kernel/security/tpm0/binary_bios_measurements',
      imaLog: '/sys/kernel/security/ima/binary_runtime_measurements',
      systemdLog: '/run/log/systemd/tpm2-measure.log',
      bootId: '/proc/sys/kernel/random/boot_id',
    });
    expect(() => serviceSettings(agentValues({}, {}, '/nowhere'))).toThrow(refusal('agent.no-server'));
  });

  it('come from the option, else the environment, else the file that is named or lies in its place', () => {
    const config = file('{ "tcti": "file", "state": "kept", "akType": "rsa", "ek": "L-1,H-3" }');
    const env = { ASSAY_TCTI: 'environment', ASSAY_STATE: '', ASSAY_AK_TYPE: 'ecc' };
    const expected = { tcti: 'option', state: join(dirname(config), 'kept'), akType: 'ecc', ek: 'L-1,H-3' };
    expect(agentValues({ config, tcti: 'option' }, env)).toEqual(expected);
    expect(agentValues({ tcti: 'option' }, { ...env, ASSAY_AGENT_CONFIG: config })).toEqual(expected);
    expect(agentValues({ tcti: 'option' }, env, config)).toEqual(expected);
    expect(hostSettings(expected).tpm.ek).toEqual(['L-1', 'H-3']);
  });

  it.each([
    ['no JSON', 'server: x', 'config.invalid'],
    ['a list', '[]', 'config.invalid'],
    ['an unknown key', '{ "sever": "x" }', 'config.invalid'],
    ['a key that objects bring along', '{ "__proto__": "x" }', 'config.invalid'],
    ['a value that is no string', '{ "server": 1 }', 'config.invalid'],
    ['an empty value', '{ "server": "" }', 'config.invalid'],
  ])('are refused with %s', (_, text, code) => {
    expect(() => values(text)).toThrow(refusal(code));
  });

  it('are refused with a file that is named and not there', () => {
    expect(() => agentValues({ config: '/nowhere' }, {})).toThrow(refusal('input.unreadable'));
  });

  it.each([
    ['akType', 'dsa'],
    ['akParent', 'platform'],
  ])('are refused with an unknown %s', (name, value) => {
    expect(() => hostSettings({ [name]: value })).toThrow(refusal('agent.choice'));
  });
});

describe('the settings of the service', () => {
  const server = 'https://verifier.example';
  const pin = `${'A'.repeat(43)}=`;

  it('are read from the files they name', () => {
    const [ca, joinToken] = [file('PEM'), file(' token\n')];
    expect(serviceSettings({ server, ca, pin, joinToken })).toEqual({ server, ca: 'PEM', pin, joinToken: 'token' });
    expect(serviceSettings({ server })).toEqual({ server, ca: undefined, pin: undefined, joinToken: undefined });
  });

  it.each([
    ['a pin of another length', { pin: 'AAAA' }, 'agent.pin'],
    ['a pin in hexadecimal', { pin: 'ab'.repeat(32) }, 'agent.pin'],
    ['a CA that is not there', { ca: '/nowhere' }, 'input.unreadable'],
    ['a token that is not there', { joinToken: '/nowhere' }, 'input.unreadable'],
    ['an empty token', { joinToken: file.bind(null, '\n') }, 'agent.join-token'],
    ['a token that is too long', { joinToken: file.bind(null, 'x'.repeat(201)) }, 'agent.join-token'],
  ])('are refused with %s', (_, wrong, code) => {
    const given = Object.fromEntries(
      Object.entries(wrong).map(([name, value]) => [name, typeof value === 'function' ? value() : value]),
    );
    expect(() => serviceSettings({ server, ...given })).toThrow(refusal(code));
  });
});
