/** What may happen to an agent and its TPM: killed at any step, locked out, cleared, another EPS. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { decide } from '../../src/service/hosts/decide.ts';
import { listEnrolments } from '../../src/store/enrolments.ts';
import { listEvents } from '../../src/store/events.ts';
import { listHosts } from '../../src/store/hosts.ts';
import { identitiesOf } from '../../src/store/identities.ts';
import { ADMIN } from '../store/database.ts';
import type { Daemon } from '../tools/programs.ts';
import { attestingMachine, type AttestingMachine } from './attesting-machine.ts';
import { startAssay } from './program.ts';

/**
 * Passes connections on to a server. Of one of them the client gets the handshake of TLS and nothing more: when the server has
 * answered and closed it, somebody is told.
 */
async function passOn(to: string, swallowed: number, answered: () => void): Promise<string> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    const swallows = ++connections === swallowed;
    const upstream = connect(Number(new URL(to).port), '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    // The first is the ClientHello; what comes then ends the handshake, and the request follows.
    let flights = 0;
    client.on('data', () => flights++);
    client.pipe(upstream);
    upstream.on('data', (bytes) => {
      if (!swallows || flights < 2) client.write(bytes);
    });
    upstream.on('end', () => {
      if (swallows) answered();
      client.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The kernel's resource manager takes out what a program that died has left; this TPM has none. */
async function takeOut(machine: AttestingMachine): Promise<void> {
  for (const kind of ['-t', '-l', '-s']) await machine.tpm.tpm2(['flushcontext', kind]);
}

const KILL = 'SIGKILL';
/** TPM_CC */
const STEPS = { CreatePrimary: 0x131, ActivateCredential: 0x147, Certify: 0x148, Quote: 0x158 };

it('an agent that is killed at any step recovers at its next start, as the same host', async () => {
  const machine = await attestingMachine();
  const { environment, proxy, service } = machine;
  let state = 0;
  const killed = async (start: (kill: () => void) => Promise<Record<string, string>>): Promise<void> => {
    const own = { ASSAY_STATE: join(machine.folder, `state-${state++}`) };
    const running: Daemon[] = [];
    const more = await start(() => {
      for (const { pid } of running) process.kill(pid, KILL);
    });
    const agent = startAssay(['agent', '--once'], join(machine.folder, 'killed.log'), {
      ...environment,
      ...own,
      ...more,
    });
    running.push(agent);
    expect(await agent.exited).toBe(-1);
    proxy.before = () => null;
    await takeOut(machine);
    const again = await machine.attest([], own);
    expect([again.code, again.stderr.toString()]).toEqual([0, expect.stringContaining('trusted')]);
  };

  // Each request in turn has reached the service, and its answer does not reach the agent: enrolment, activation, challenge, evidence.
  for (const request of [1, 2, 3, 4]) {
    await killed(async (kill) => ({ ASSAY_SERVER: await passOn(service.url, request, kill) }));
  }
  for (const code of Object.values(STEPS)) {
    await killed(async (kill) => {
      proxy.before = (command) => {
        if (command === code) kill();
        return null;
      };
      return {};
    });
  }
  const { store } = service.context;
  expect(await listHosts(store.read, { limit: 5 })).toHaveLength(1);
  expect(new Set(await machine.verdicts())).toEqual(new Set(['trusted']));
});

it('a TPM in dictionary-attack lockout enrols and attests all the same', async () => {
  const machine = await attestingMachine();
  const { tpm } = machine;
  await tpm.tpm2(['dictionarylockout', '--setup-parameters', '--max-tries=1', '--recovery-time=1000']);
  await tpm.tpm2(['createprimary', '-Q', '-C', 'o', '-p', 'right', '-c', join(machine.folder, 'guessed.ctx')]);
  await tpm.tpm2(['flushcontext', '-t']);
  const guess = [
    'create',
    '-Q',
    '-C',
    join(machine.folder, 'guessed.ctx'),
    '-P',
    'wrong',
    '-u',
    '/dev/null',
    '-r',
    '/dev/null',
  ];
  await expect(tpm.tpm2(guess)).rejects.toThrow('tpm2 create');
  await takeOut(machine);
  expect((await tpm.tpm2(['getcap', 'properties-variable'])).stdout.toString()).toMatch(/inLockout: +1/);
  for (const [parent, type] of [
    ['endorsement', 'ecc'],
    ['ek', 'ecc'],
    ['owner', 'rsa'],
  ] as const) {
    const { code, stderr } = await machine.attest(['--ak-parent', parent, '--ak-type', type]);
    expect([code, stderr.toString()]).toEqual([0, expect.stringContaining('trusted')]);
  }
});

it('a TPM that was cleared: its counters are a finding until the host is activated again, which is recorded', async () => {
  const machine = await attestingMachine();
  const { store } = machine.service.context;
  await machine.boot();
  expect((await machine.attest()).code).toBe(0);
  await machine.tpm.tpm2(['clear', '-c', 'p']);
  await machine.boot();
  const cleared = await machine.attest();
  expect([cleared.code, cleared.stderr.toString()]).toEqual([1, expect.stringContaining('"weakestLink":"quote"')]);
  // The EK is the same, so nobody has to be asked.
  const enrolled = await machine.enrol();
  expect(enrolled.code).toBe(0);
  expect((await machine.attest()).code).toBe(0);
  expect(await machine.verdicts()).toEqual(['trusted', 'untrusted', 'trusted']);
  expect(await listHosts(store.read, { limit: 5 })).toHaveLength(1);
  const decisions = (await listEvents(store.read, { limit: 100 })).filter(
    ({ action }) => action === 'enrolment.decided',
  );
  expect(decisions.map(({ detail }) => (detail as { readonly state: string }).state)).toEqual(['enrolled', 'enrolled']);
});

it('a TPM with another EPS waits for an operator, who gives it the host and its history', async () => {
  const machine = await attestingMachine();
  const { hosts, store } = machine.service.context;
  expect((await machine.attest()).code).toBe(0);
  const [host] = await listHosts(store.read, { limit: 5 });
  const before = await identitiesOf(store.read, host!.id);
  await machine.tpm.tpm2(['changeeps']);
  const changed = await machine.attest();
  expect([changed.code, changed.stderr.toString()]).toEqual([2, expect.stringContaining('enrolment.pending')]);
  expect(await machine.verdicts()).toEqual(['trusted']);
  const [waiting] = await listEnrolments(store.read, { state: 'pending', limit: 5 });
  const decision = { decision: 'approve', replaces: host!.id } as const;
  expect(await decide(hosts, waiting!.id, decision, { ...ADMIN, at: hosts.now() })).toBe(host!.id);
  // The maker certified the EK that is gone.
  const approved = await machine.attest();
  expect([approved.code, approved.stderr.toString()]).toEqual([2, expect.stringContaining('"weakestLink":"identity"')]);
  expect(await machine.verdicts()).toEqual(['unproven', 'trusted']);
  const now = await identitiesOf(store.read, host!.id);
  expect(now.length).toBeGreaterThan(before.length);
  expect(await listHosts(store.read, { limit: 5 })).toHaveLength(1);
});
