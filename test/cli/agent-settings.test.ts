import { chmodSync, chownSync, symlinkSync, writeFileSync } from 'node:fs';
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
      tpm: { tcti: undefined, akType: 'ecc', akParent: 'endorsement', ek: undefined, auth: {} },
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

describe('the password of a hierarchy', () => {
  const given = (text: string | Uint8Array, mode = 0o600): string => {
    const path = join(temporaryFolder(), 'password');
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  const auth = (path: string) => hostSettings({ endorsementAuth: path }).tpm.auth.endorsement;

  it('is what the file holds, without the line feed at its end, or in hexadecimal', () => {
    expect(auth(given('secret'))).toEqual(new Uint8Array(Buffer.from('secret')));
    expect(auth(given('two words \n\n', 0o400))).toEqual(new Uint8Array(Buffer.from('two words \n')));
    expect(auth(given('hex:00fF\n'))).toEqual(Uint8Array.of(0, 255));
    expect(auth(given(Uint8Array.of(255, 0)))).toEqual(Uint8Array.of(255, 0));
  });

  it('is of its own hierarchy, and named as the other settings are', () => {
    const config = file('{ "ownerAuth": "password" }');
    writeFileSync(join(dirname(config), 'password'), 'of the owner');
    chmodSync(join(dirname(config), 'password'), 0o600);
    const named = agentValues({ config }, { ASSAY_ENDORSEMENT_AUTH: given('of the other') });
    const { owner, endorsement } = hostSettings(named).tpm.auth;
    expect([owner, endorsement].map((bytes) => Buffer.from(bytes!).toString())).toEqual([
      'of the owner',
      'of the other',
    ]);
  });

  it.each([
    ['that the group may read', () => given('secret', 0o640), 'agent.authorization-permissions'],
    ['that others may write', () => given('secret', 0o602), 'agent.authorization-permissions'],
    ['that is empty', () => given('\n'), 'agent.authorization'],
    ['that is too long', () => given('x'.repeat(65)), 'agent.authorization'],
    ['that is far too long', () => given('x'.repeat(1 << 20)), 'agent.authorization'],
    ['of half a byte', () => given('hex:abc'), 'agent.authorization'],
    ['that is not there', () => '/nowhere', 'input.unreadable'],
    ['that is a folder', () => given('secret').replace('/password', ''), 'agent.authorization-permissions'],
  ])('is refused from a file %s', (_, make, code) => {
    const path = make();
    if (path.startsWith('/tmp') && process.geteuid!() === 0) chownSync(path, 0, 1);
    const refused = expect.objectContaining({ code, message: expect.not.stringContaining('secret') as string });
    expect(() => auth(path)).toThrow(refused);
  });

  it('is refused through a symbolic link', () => {
    const link = join(temporaryFolder(), 'link');
    symlinkSync(given('secret'), link);
    expect(() => auth(link)).toThrow(refusal('input.unreadable'));
  });

  it.runIf(process.geteuid!() === 0)('may be a credential of systemd, and no file of another user', () => {
    // systemd grants its service the file by an access list, which shows as the right of the group root.
    expect(auth(given('secret', 0o440))).toBeDefined();
    const path = given('secret', 0o600);
    chownSync(path, 12345, 0);
    expect(() => auth(path)).toThrow(refusal('agent.authorization-permissions'));
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
