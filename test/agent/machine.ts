/** A machine with an agent on it: logs and state in a folder, the TPM in software, the service in memory, a clock of the test's. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from '../../src/agent/agent.ts';
import type { EventFields, EventLevel } from '../../src/agent/events.ts';
import { Installation } from '../../src/agent/installation.ts';
import { ServiceUnreachable } from '../../src/agent/service.ts';
import { StateFile } from '../../src/agent/state.ts';
import { agentClient } from '../../src/api/client.ts';
import { temporaryFolder } from '../cli/captured-files.ts';
import { testEdge, type TestEdge } from './edge.ts';
import { softwareHost, type SoftwareHost } from './software-host.ts';
import { Verifier } from './verifier.ts';

export const SERVER = 'https://verifier.example';
export const TOKEN = 'join-token-that-nobody-may-log';

export interface Event {
  readonly level: EventLevel;
  readonly event: string;
  readonly fields: EventFields;
}

export interface Machine {
  readonly verifier: Verifier;
  readonly host: SoftwareHost;
  readonly files: Readonly<Record<'firmwareLog' | 'imaLog' | 'systemdLog' | 'bootId', string>>;
  readonly state: StateFile;
  readonly events: Event[];
  /** how often each event was told */
  told(event: string): number;
  /** The agent as it comes up; each call is another start. */
  start(options?: StartOptions): Promise<Started>;
}

interface StartOptions {
  readonly server?: string;
  readonly state?: StateFile;
  readonly fill?: number;
}

export interface Started {
  readonly agent: Agent;
  readonly edge: TestEdge;
  readonly stop: AbortController;
  /** Lets the agent run until it has waited so often; then the signal is given. */
  readonly runUntil: (sleeps: number) => ReturnType<Agent['run']>;
}

export function machine(): Machine {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder, name);
  const files = {
    firmwareLog: path('firmware'),
    imaLog: path('ima'),
    systemdLog: path('systemd'),
    bootId: path('boot-id'),
  };
  writeFileSync(files.firmwareLog, 'firmware log');
  writeFileSync(files.imaLog, 'one ');
  writeFileSync(files.bootId, '01234567-89ab-cdef-0123-456789abcdef\n');
  const verifier = new Verifier();
  const host = softwareHost();
  const events: Event[] = [];
  const machine: Machine = {
    verifier,
    host,
    files,
    state: new StateFile(path('state')),
    events,
    told: (event) => events.filter((one) => one.event === event).length,
    async start({ server = SERVER, state = machine.state, fill = 0 } = {}) {
      const stop = new AbortController();
      let sleeps = Infinity;
      const edge = testEdge(fill, (slept) => {
        if (slept.length >= sleeps) stop.abort();
      });
      const log = (level: EventLevel, event: string, fields: EventFields = {}): void =>
        void events.push({ level, event, fields });
      const installation = await Installation.open({
        file: state,
        openTpm: () => host.open(),
        ak: { parent: 'endorsement', type: 'ecc' },
        edge,
        log,
      });
      const client = agentClient(async (request) => {
        try {
          return await verifier.transport(request);
        } catch (cause) {
          throw new ServiceUnreachable((cause as Error).message);
        }
      });
      const words = { hostname: 'node-7', kernel: '6.1', architecture: 'x86_64', agent: 'assay 0' };
      const agent = new Agent({
        client,
        server,
        installation,
        sources: { ...files, words },
        joinToken: TOKEN,
        edge,
        log,
      });
      return {
        agent,
        edge,
        stop,
        runUntil: (count) => {
          sleeps = count;
          return agent.run(stop.signal);
        },
      };
    },
  };
  return machine;
}
