import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jsonLine } from '../../src/agent/events.ts';
import { StateFile } from '../../src/agent/state.ts';
import { contentId } from '../../src/bytes/hash.ts';
import { EvidenceError } from '../../src/bytes/errors.ts';
import { toBase64url } from '../../src/bytes/text.ts';
import { machine, SERVER, TOKEN, type Machine } from './machine.ts';
import { problem, problemFor } from './verifier.ts';

const CYCLE = ['POST /v1/hosts/*/challenge', 'POST /v1/hosts/*/evidence'];
const ENROL = ['POST /v1/enrol', 'POST /v1/enrol/*/activate'];

const MIB = 1024 * 1024;

/** A machine that has attested once. */
async function enrolled(): Promise<Machine> {
  const there = machine();
  const { agent } = await there.start();
  await agent.attest();
  there.verifier.requests.length = 0;
  there.events.length = 0;
  return there;
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

describe('a machine that comes up', () => {
  it('enrols with all it has, and attests', async () => {
    const there = machine();
    const { agent } = await there.start();
    expect(await agent.attest()).toMatchObject({ response: { verdict: 'trusted' }, missing: [] });
    expect(there.verifier.requests).toEqual([...ENROL, ...CYCLE]);
    const [request] = there.verifier.enrolments;
    expect(request).toMatchObject({ akParent: 'endorsement', joinToken: TOKEN, ekCertificates: ['MAA'] });
    expect(request).not.toHaveProperty('replaces');
    expect(request!.hints).toEqual({ hostname: 'node-7', kernel: '6.1', architecture: 'x86_64', agent: 'assay 0' });
    const [bundle] = there.verifier.accepted;
    expect(bundle!.claims).toMatchObject({ bootId: '01234567-89ab-cdef-0123-456789abcdef', guests: [] });
    expect(bundle!.claims!.hostKey).toMatch(/^[\w-]{43}$/);
    expect(there.events.map(({ event }) => event)).toEqual(['enrolled', 'attested']);
  });

  it('is the same host after the next start', async () => {
    const there = await enrolled();
    const { agent } = await there.start();
    await agent.attest();
    expect(there.verifier.requests).toEqual(CYCLE);
  });

  it('enrols at another service', async () => {
    const there = await enrolled();
    const { agent } = await there.start({ server: 'https://other.example' });
    await agent.attest();
    expect(there.verifier.requests).toEqual([...ENROL, ...CYCLE]);
    expect(there.verifier.enrolments[1]).not.toHaveProperty('replaces');
  });

  it('enrols at each start where no state can be kept, with a unique field of zeros, and says so once', async () => {
    const there = machine();
    const state = new StateFile('/proc/assay-agent');
    for (const starts of [1, 2]) {
      const { agent } = await there.start({ state, fill: 7 });
      await agent.attest();
      await agent.attest();
      expect(there.verifier.enrolments).toHaveLength(starts);
      expect(there.told('state-not-writable')).toBe(starts);
    }
  });

  it('draws its unique field once, and keeps it', async () => {
    const there = machine();
    const unique = (): unknown => (JSON.parse(readFileSync(there.state.path, 'utf8')) as { unique: string }).unique;
    await (await there.start({ fill: 7 })).agent.attest();
    expect(unique()).toBe(toBase64url(new Uint8Array(32).fill(7)));
    there.verifier.forget();
    await (await there.start({ fill: 8 })).agent.attest();
    expect(unique()).toBe(toBase64url(new Uint8Array(32).fill(7)));
  });

  it('replaces a state it cannot read when it has enrolled, and not before', async () => {
    const there = await enrolled();
    writeFileSync(there.state.path, '{"schema":"assay.agent-state/1"');
    there.verifier.answerNext('enrol', new Error('no route'));
    const { agent } = await there.start();
    await expect(agent.attest()).rejects.toMatchObject({ code: 'service.unreachable' });
    expect(await there.state.read()).toEqual({ is: 'unreadable' });
    expect(there.told('state-unreadable')).toBe(1);
    await agent.attest();
    expect(await there.state.read()).toMatchObject({ is: 'state', state: { membership: { server: SERVER } } });
  });
});

describe('logs', () => {
  it('that the service has are not sent again', async () => {
    const there = await enrolled();
    const { agent } = await there.start();
    appendFileSync(there.files.imaLog, 'two ');
    there.host.beforeQuote = () => appendFileSync(there.files.imaLog, 'three ');
    await agent.attest();
    const { firmwareLog, imaLog, claims } = there.verifier.received[1]!;
    expect([firmwareLog!.bytes, imaLog!.bytes, text(imaLog!.tail)]).toEqual([undefined, undefined, 'two three ']);
    // What was appended while the TPM signed is not claimed, and is sent.
    expect(claims!.imaLog).toBe('one two '.length);
    expect(text(there.verifier.accepted[1]!.imaLog!.bytes)).toBe('one two three ');
  });

  it('that the service has lost go whole for the same challenge and quote', async () => {
    const there = await enrolled();
    there.verifier.forgetLogs();
    const { agent } = await there.start();
    appendFileSync(there.files.imaLog, 'two ');
    await agent.attest();
    expect(there.verifier.requests).toEqual([...CYCLE, CYCLE[1]]);
    expect(there.host.count.quoted).toBe(2);
    expect(text(there.verifier.received.at(-1)!.imaLog!.bytes)).toBe('one two ');
    expect(text(there.verifier.received.at(-1)!.firmwareLog!.bytes)).toBe('firmware log');
  });

  it('are sent whole once; a service that still lacks them is asked again later', async () => {
    const there = await enrolled();
    const { agent } = await there.start();
    const missing = problem(409, 'evidence.logs-missing', { missing: [] });
    const { verifier } = there;
    verifier.answerNext('evidence', missing, missing);
    await expect(agent.attest()).rejects.toMatchObject({ code: 'evidence.logs-missing' });
    expect(verifier.requests).toEqual([...CYCLE, CYCLE[1]]);
  });

  it('that do not fit into a request go in parts, once', async () => {
    const there = machine();
    writeFileSync(there.files.imaLog, Buffer.alloc(44 * MIB, 'list '));
    there.host.beforeQuote = () => appendFileSync(there.files.imaLog, 'during the quote');
    const { agent } = await there.start();
    expect(await agent.attest()).toMatchObject({ missing: [] });
    const part = 'POST /v1/hosts/*/evidence-parts';
    expect(there.verifier.requests.slice(2)).toEqual([...CYCLE, ...Array<string>(6).fill(part), CYCLE[1]]);
    const { claims, imaLog } = there.verifier.accepted[0]!;
    expect(claims!.imaLog).toBe(44 * MIB);
    expect(imaLog!.id).toBe(contentId(readFileSync(there.files.imaLog)));
    // From then on what is new is enough.
    await agent.attest();
    const { bytes, tail } = there.verifier.received.at(-1)!.imaLog!;
    expect([bytes, text(tail)]).toEqual([undefined, 'during the quote']);
  });

  it('that are longer than the service takes are named as missing', async () => {
    const there = machine();
    truncateSync(there.files.imaLog, 96 * MIB + 1);
    const { missing } = await (await there.start()).agent.attest();
    expect(missing).toEqual([`runtime list: ${there.files.imaLog}: larger than 100663296 bytes`]);
    expect(there.verifier.accepted[0]!.claims!.imaLog).toBeNull();
  });

  it('of systemd go where there is one, by name where the service has it', async () => {
    const there = await enrolled();
    const { agent } = await there.start();
    writeFileSync(there.files.systemdLog, 'one\n');
    there.host.beforeQuote = () => appendFileSync(there.files.systemdLog, 'two\n');
    const { missing } = await agent.attest();
    await agent.attest();
    there.host.beforeQuote = () => undefined;
    await agent.attest();
    there.verifier.forgetLogs();
    await agent.attest();
    const [without, first, second, third, fourth, fifth] = there.verifier.received;
    expect([without!.claims!.systemdLog, without!.systemdLog, missing]).toEqual([null, undefined, []]);
    expect([first!.claims!.systemdLog, text(first!.systemdLog!.bytes)]).toEqual([4, 'one\ntwo\n']);
    expect([second!.claims!.systemdLog, text(second!.systemdLog!.bytes)]).toEqual([8, 'one\ntwo\ntwo\n']);
    expect(third!.systemdLog).toEqual({ id: second!.systemdLog!.id });
    expect([fourth!.systemdLog!.bytes, text(fifth!.systemdLog!.bytes)]).toEqual([undefined, 'one\ntwo\ntwo\n']);
  });

  it('of systemd that cannot be read are named', async () => {
    const there = machine();
    mkdirSync(there.files.systemdLog);
    const { missing } = await (await there.start()).agent.attest();
    expect(missing).toEqual([`log of systemd: ${there.files.systemdLog}: a directory`]);
    expect(there.verifier.accepted[0]!.hints.get('missing')).toBe(missing[0]);
  });

  it('of another boot go whole', async () => {
    const there = await enrolled();
    writeFileSync(there.files.imaLog, 'ONE two');
    writeFileSync(there.files.firmwareLog, 'another log');
    await (await there.start()).agent.attest();
    expect(text(there.verifier.received[1]!.imaLog!.bytes)).toBe('ONE two');
    expect(text(there.verifier.received[1]!.firmwareLog!.bytes)).toBe('another log');
  });

  it('that cannot be had are named, in the evidence and once in the events', async () => {
    const there = await enrolled();
    rmSync(there.files.imaLog);
    const { agent } = await there.start();
    const { missing } = await agent.attest();
    await agent.attest();
    expect(missing).toEqual([`runtime list: ${there.files.imaLog}: not there`]);
    const { hints, claims, imaLog } = there.verifier.accepted[1]!;
    expect([hints.get('missing'), claims!.imaLog, imaLog]).toEqual([missing[0], null, undefined]);
    expect(there.told('evidence-missing')).toBe(1);
  });

  it('without a boot id there is no answer', async () => {
    const there = await enrolled();
    const { agent } = await there.start();
    writeFileSync(there.files.bootId, 'none');
    await expect(agent.attest()).rejects.toMatchObject({ code: 'agent.boot-id' });
    rmSync(there.files.bootId);
    await expect(agent.attest()).rejects.toMatchObject({ code: 'agent.boot-id' });
  });
});

describe('what the service says', () => {
  it.each(['challenge.expired', 'challenge.used', 'challenge.foreign'])(
    '%s: another challenge, at once',
    async (code) => {
      const there = await enrolled();
      there.verifier.answerNext('evidence', problem(409, code));
      const { agent, edge } = await there.start();
      await agent.attest();
      expect(there.verifier.requests).toEqual([...CYCLE, ...CYCLE]);
      expect(edge.slept).toEqual([]);
    },
  );

  it('challenges that are never right end in waiting', async () => {
    const there = await enrolled();
    there.verifier.answerNext('evidence', ...Array.from({ length: 4 }, () => problem(409, 'challenge.expired')));
    const { runUntil, edge } = await there.start();
    expect(await runUntil(0)).toBeNull();
    expect(there.verifier.requests).toEqual([...CYCLE, ...CYCLE, ...CYCLE]);
    expect(edge.slept).toEqual([]);
    expect(there.told('not-attested')).toBe(1);
  });

  it('host.unknown: enrols again and attests, at once', async () => {
    const there = await enrolled();
    there.verifier.forget();
    const { agent } = await there.start();
    await agent.attest();
    expect(there.verifier.requests).toEqual([CYCLE[0], ...ENROL, ...CYCLE]);
    expect(there.told('enrols-again')).toBe(1);
  });

  it('host.retired: ends', async () => {
    const there = await enrolled();
    there.verifier.answerNext('challenge', problem(403, 'host.retired'));
    const { runUntil, edge } = await there.start();
    expect(await runUntil(9)).toEqual({
      code: 'host.retired',
      message: 'because of host.retired',
      remedy: 'mend host.retired',
    });
    expect(edge.slept).toEqual([]);
    expect(there.events.at(-1)).toMatchObject({ level: 'error', event: 'ends' });
    expect(there.host.count.opened).toBe(there.host.count.closed + 1);
  });

  it.each(['host.pending', 'host.no-policy'])('%s: waits, longer and longer', async (code) => {
    const there = await enrolled();
    there.verifier.answerNext('challenge', ...Array.from({ length: 7 }, () => problem(409, code)));
    const { runUntil, edge } = await there.start({ fill: 0xff });
    await runUntil(12);
    expect(edge.slept.slice(0, 7)).toEqual([15_000, 15_000, 15_000, 15_000, 15_000, 1_000, 15_000]);
    expect(there.told('waits')).toBe(7);
  });

  it('other problems: later, not before Retry-After, and the count of failures ends with a success', async () => {
    const there = await enrolled();
    const { verifier } = there;
    verifier.answerNext('challenge', problem(500, 'service.internal'), problemFor(7, 503, 'service.busy'));
    const { runUntil, edge } = await there.start({ fill: 0 });
    verifier.nextAttestationSeconds = 10;
    await runUntil(5);
    expect(edge.slept).toEqual([500, 7_000, 10_000, 10_000, 10_000]);
    verifier.answerNext('challenge', problem(500, 'service.internal'));
    const again = await there.start();
    await again.runUntil(1);
    expect(again.edge.slept).toEqual([500]);
  });

  it('a Retry-After of days is taken for an hour', async () => {
    const there = await enrolled();
    there.verifier.answerNext('challenge', problemFor(900_000, 503, 'service.busy'));
    const { runUntil } = await there.start();
    await runUntil(1);
    expect(there.events[0]!.fields).toMatchObject({ code: 'service.busy', retrySeconds: 3600 });
  });

  it('a rule it does not know: no quote is made', async () => {
    const there = await enrolled();
    const body = {
      nonce: toBase64url(new Uint8Array(32)),
      expiresAt: '2090-01-01T00:00:00Z',
      selection: 'sha256:0-15',
      ak: 'x',
      rule: 'assay-quote-2',
      logs: {},
    };
    there.verifier.answerNext('challenge', { status: 201, body });
    const { agent } = await there.start();
    await expect(agent.attest()).rejects.toMatchObject({ code: 'agent.rule' });
    expect(there.host.count.quoted).toBe(1);
  });

  it('a service that is away is tried again, with growing pauses, until it is back', async () => {
    const there = await enrolled();
    there.verifier.answerNext('challenge', ...Array.from({ length: 4 }, () => new Error('ECONNREFUSED')));
    const { runUntil, edge } = await there.start({ fill: 0xff });
    await runUntil(4);
    expect(edge.slept).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(there.told('not-attested')).toBe(4);
    expect(there.told('attested')).toBe(1);
    // The TPM was not to blame and stayed open.
    expect(there.host.count.opened).toBe(2);
  });
});

describe('an operator decides', () => {
  it('and the machine attests once it is approved, also after a start in between', async () => {
    const there = machine();
    there.verifier.approves = false;
    const first = await there.start();
    await first.runUntil(2);
    expect(there.told('enrolment-pending')).toBe(1);
    expect(there.told('waits')).toBe(3);
    expect(there.verifier.requests).toEqual([...ENROL, 'GET /v1/enrol/*', 'GET /v1/enrol/*']);
    const { agent, stop } = await there.start();
    const approval = agent.approval(stop.signal);
    there.verifier.decide('enrolled');
    expect(await approval).toMatch(/^[0-9a-f-]{36}$/);
    await agent.attest();
    expect(there.verifier.enrolments).toHaveLength(1);
    there.verifier.requests.length = 0;
    await (await there.start()).agent.attest();
    expect(there.verifier.requests).toEqual(CYCLE);
  });

  it('and a refused machine ends', async () => {
    const there = machine();
    there.verifier.approves = false;
    const { agent, runUntil, stop } = await there.start();
    await agent.enrol();
    there.verifier.decide('refused');
    expect(await runUntil(9)).toMatchObject({ code: 'enrolment.refused' });
    await expect((await there.start()).agent.approval(stop.signal)).rejects.toMatchObject({
      code: 'enrolment.refused',
    });
  });

  it('and an enrolment that is over begins anew', async () => {
    const there = machine();
    there.verifier.approves = false;
    await (await there.start()).agent.enrol();
    there.verifier.forget();
    there.verifier.approves = true;
    await (await there.start()).agent.attest();
    expect(there.verifier.enrolments).toHaveLength(2);
  });

  it('and whoever waits can be stopped', async () => {
    const there = machine();
    there.verifier.approves = false;
    const { agent, stop } = await there.start();
    await agent.enrol();
    stop.abort();
    expect(await agent.approval(stop.signal)).toBeNull();
  });
});

describe('the TPM', () => {
  it('that fails is opened anew', async () => {
    const there = await enrolled();
    there.host.failWith('TPM_RC_LOCKOUT');
    const { runUntil } = await there.start();
    await runUntil(1);
    expect(there.events[0]).toMatchObject({
      event: 'not-attested',
      fields: { code: 'TPM_RC_LOCKOUT', remedy: 'look at the TPM' },
    });
    expect(there.told('attested')).toBe(1);
    expect(there.host.count.opened).toBe(3);
  });

  it('that answers what cannot be read is opened anew, and named', async () => {
    const there = await enrolled();
    there.host.beforeQuote = () => {
      there.host.beforeQuote = () => undefined;
      throw new EvidenceError('tpm.magic', 'no attestation');
    };
    const { runUntil } = await there.start();
    await runUntil(1);
    expect(there.events[0]).toMatchObject({ event: 'not-attested', fields: { code: 'tss2.answer' } });
    expect(there.told('attested')).toBe(1);
    expect(there.host.count.opened).toBe(3);
  });

  it('with another attestation key enrols again', async () => {
    const there = await enrolled();
    there.host.replace('ak');
    const { agent } = await there.start();
    await agent.attest();
    expect(there.verifier.requests).toEqual([CYCLE[0], ...ENROL, ...CYCLE]);
    expect(there.verifier.enrolments[1]).not.toHaveProperty('replaces');
    // Nothing was quoted for the challenge that another key has to answer.
    expect(there.host.count.quoted).toBe(2);
  });

  it('with another EK says which host the machine was', async () => {
    const there = await enrolled();
    const { state } = (await there.state.read()) as { state: { membership: { host: string } } };
    there.host.replace('ak');
    there.host.replace('ek');
    await (await there.start()).agent.attest();
    expect(there.verifier.enrolments[1]).toMatchObject({ replaces: state.membership.host });
  });

  it('that cannot open the credential does not enrol', async () => {
    const there = machine();
    const { agent } = await there.start();
    const { open } = there.host;
    there.host.open = async () => {
      const tpm = await open();
      return {
        ...tpm,
        async endorsementKey() {
          const ek = await tpm.endorsementKey();
          there.host.replace('ek');
          return ek;
        },
      };
    };
    await expect(agent.attest()).rejects.toMatchObject({ code: 'TPM_RC_INTEGRITY' });
    expect(existsSync(there.state.path)).toBe(false);
  });
});

describe('time', () => {
  it('the service says how often', async () => {
    const there = await enrolled();
    there.verifier.nextAttestationSeconds = 60;
    const { runUntil, edge } = await there.start({ fill: 0xff });
    await runUntil(8);
    expect(edge.slept).toEqual([15_000, 15_000, 15_000, 9_000, 15_000, 15_000, 15_000, 9_000]);
    expect(there.told('attested')).toBe(3);
  });

  it('a machine that was suspended attests soon, with its keys loaded anew', async () => {
    const there = await enrolled();
    const { runUntil, edge } = await there.start({ fill: 0xff });
    edge.suspendFor(3_600_000);
    await runUntil(3);
    expect(edge.slept.slice(0, 2)).toEqual([15_000, expect.closeTo(5_000, 0)]);
    expect(there.events.map(({ event }) => event)).toEqual(['attested', 'resumed', 'attested', 'stopped']);
    expect(there.host.count.opened).toBe(3);
  });

  it('a signal ends the waiting, and the keys are taken out of the TPM', async () => {
    const there = await enrolled();
    const { runUntil } = await there.start();
    expect(await runUntil(0)).toBeNull();
    expect(there.events.at(-1)!.event).toBe('stopped');
    // The machine of the first attestation was never stopped.
    expect(there.host.count.opened).toBe(there.host.count.closed + 1);
  });

  it('a signal during an exchange ends it without a complaint', async () => {
    const there = await enrolled();
    const { agent, stop } = await there.start();
    there.host.beforeQuote = () => {
      there.verifier.answerNext('evidence', new Error('aborted'));
      stop.abort();
    };
    expect(await agent.run(stop.signal)).toBeNull();
    expect(there.events.map(({ event }) => event)).toEqual(['stopped']);
  });
});

it('no event holds a nonce, a secret or the token', async () => {
  const there = machine();
  const secrets: string[] = [TOKEN];
  const { verifier } = there;
  const { transport } = verifier;
  Object.assign(verifier, {
    transport: async (...args: Parameters<typeof transport>) => {
      const { body } = args[0] as { readonly body?: Readonly<Record<string, unknown>> };
      for (const key of ['nonce', 'secret']) if (typeof body?.[key] === 'string') secrets.push(body[key]);
      return transport(...args);
    },
  });
  verifier.answerNext('evidence', problem(409, 'challenge.expired'), problem(500, 'service.internal'));
  const { runUntil } = await there.start();
  await runUntil(20);
  verifier.forget();
  await (await there.start()).runUntil(1);
  expect(secrets.length).toBeGreaterThan(5);
  const lines = there.events.map(({ level, event, fields }) => jsonLine(level, event, fields)).join('');
  expect(secrets.filter((secret) => lines.includes(secret))).toEqual([]);
});
