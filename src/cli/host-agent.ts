/** Puts together what the commands on a host work with. */

import { machine, hostname, release } from 'node:os';
import { Agent } from '../agent/agent.ts';
import type { EventLog } from '../agent/events.ts';
import type { EvidenceSources } from '../agent/evidence.ts';
import { Installation, type InstallationParts } from '../agent/installation.ts';
import { openHostTpm } from '../agent/open-host-tpm.ts';
import { troubleOf } from '../agent/reaction.ts';
import { serviceClient } from '../agent/service.ts';
import { StateFile } from '../agent/state.ts';
import { UsageError } from '../bytes/errors.ts';
import { agentValues, hostSettings, serviceSettings, type AgentOptions, type HostSettings } from './agent-settings.ts';
import { processEdge } from './host-process.ts';
import type { Io } from './io.ts';
import { packageVersion } from './package-root.ts';

/** @throws UsageError as {@link agentValues}, {@link hostSettings} and {@link serviceSettings} */
export async function openAgent(
  io: Io,
  options: AgentOptions,
  signal: AbortSignal,
  log: EventLog,
): Promise<{ readonly agent: Agent; readonly installation: Installation }> {
  const values = agentValues(options, io.env);
  const settings = hostSettings(values);
  const { server, ca, pin, joinToken } = serviceSettings(values);
  const client = serviceClient({
    server,
    signal,
    ...(ca !== undefined && { ca }),
    ...(pin !== undefined && { pin }),
  });
  const installation = await Installation.open(installationParts(settings, log));
  const sources = evidenceSources(settings);
  const agent = new Agent({ client, server, installation, sources, joinToken, edge: processEdge(), log });
  return { agent, installation };
}

export function installationParts(settings: HostSettings, log: EventLog): InstallationParts {
  return {
    file: new StateFile(settings.state),
    openTpm: (unique, kept) => openHostTpm(settings.tpm, unique, kept),
    ak: { parent: settings.tpm.akParent, type: settings.tpm.akType },
    edge: processEdge(),
    log,
  };
}

export function evidenceSources({ firmwareLog, imaLog, systemdLog, bootId }: HostSettings): EvidenceSources {
  const words = {
    hostname: hostname(),
    kernel: release(),
    architecture: machine(),
    agent: `assay ${packageVersion()}`,
  };
  return { firmwareLog, imaLog, systemdLog, bootId, words };
}

/** An error of the agent in the form in which the command line reports errors. */
export function reportable(error: unknown): unknown {
  const trouble = troubleOf(error);
  return trouble === null ? error : new UsageError(trouble.code, trouble.message, trouble.remedy);
}
