/** The evidence of one answer: claims, then the quote that binds them, then what was appended to the logs meanwhile. */

import { readFile } from 'node:fs/promises';
import type { KeptLogs } from '../api/client.ts';
import { UsageError } from '../bytes/errors.ts';
import type { EvidenceBundle, LogEvidence } from '../evidence/bundle.ts';
import { boundExtraData, hintsId, type Claims } from '../evidence/claims.ts';
import type { PcrSelection } from '../tpm/selection.ts';
import { hostHints, type HostWords } from './hints.ts';
import type { Edge } from './edge.ts';
import type { HostTpm } from './host-tpm.ts';
import { LogUnavailable } from './log-file.ts';
import { logEvidence, readFirmwareLog, RuntimeList } from './logs.ts';
import { SystemdLog } from './systemd-log.ts';
import { keyThumbprint } from './thumbprint.ts';

/** Where the host's words and logs come from. */
export interface EvidenceSources {
  /** path of `binary_bios_measurements` */
  readonly firmwareLog: string;
  /** path of `binary_runtime_measurements` */
  readonly imaLog: string;
  /** path of systemd's `tpm2-measure.log` */
  readonly systemdLog: string;
  /** path of `boot_id` */
  readonly bootId: string;
  readonly words: HostWords;
}

/** What has to be answered. */
export interface Question {
  readonly nonce: Uint8Array;
  readonly selection: PcrSelection;
  /** what the service has of the logs; they are not sent again */
  readonly kept: KeptLogs;
}

/** An answer. */
export interface Answer {
  readonly bundle: EvidenceBundle;
  /** parts that could not be had, each with the reason; the hint `missing` says the same */
  readonly missing: readonly string[];
}

export const NOTHING_KEPT: KeptLogs = { firmware: null, systemd: null, ima: null };

/** Evidence that is being sent; the runtime list stays open until the service has it. */
export interface OpenAnswer extends Answer {
  /**
   * The same answer with the logs of these content ids whole: the quote and the claims stay as they are, and the runtime list may have grown.
   */
  withWhole(ids: readonly string[]): Promise<EvidenceBundle>;
  /** What goes before the evidence: the runtime list in parts, where the bundle only names it because it is too long. */
  parts(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

type LogsOf = Record<'firmwareLog' | 'imaLog' | 'systemdLog', LogEvidence | undefined>;

/**
 * Answers a challenge by the native rule.
 * @throws UsageError `agent.boot-id`; whatever the TPM rejects with; LogUnavailable for a list that broke off while it was read
 */
export async function answer(
  tpm: HostTpm,
  sources: EvidenceSources,
  question: Question,
  edge: Pick<Edge, 'sleep'>,
): Promise<OpenAnswer> {
  const missing: string[] = [];
  const bootId = await readBootId(sources.bootId);
  const firmware = await unlessMissing('firmware log', missing, () => readFirmwareLog(sources.firmwareLog));
  const systemd = await unlessMissing('log of systemd', missing, () => SystemdLog.look(sources.systemdLog));
  const list = await unlessMissing('runtime list', missing, () => RuntimeList.open(sources.imaLog, question.kept.ima));
  try {
    const hints = hostHints(sources.words, missing);
    const claims: Claims = {
      bootId,
      hostKey: tpm.hostKey === null ? null : keyThumbprint(tpm.hostKey.public),
      guests: [],
      hints: hintsId(hints),
      firmwareLog: firmware?.length ?? null,
      imaLog: list?.length ?? null,
      systemdLog: systemd?.length ?? null,
    };
    const quote = await tpm.quote(boundExtraData(question.nonce, claims), question.selection);
    const bundle = ({ firmwareLog, imaLog, systemdLog }: LogsOf): EvidenceBundle => ({
      ak: tpm.ak.public,
      quotes: [quote],
      ...(firmwareLog !== undefined && { firmwareLog }),
      ...(imaLog !== undefined && { imaLog }),
      ...(systemdLog !== undefined && { systemdLog }),
      claims,
      hints,
    });
    const firmwareLog = firmware && logEvidence(firmware, question.kept.firmware);
    const imaLog = await list?.evidence();
    const measured = await systemd?.read(edge);
    const systemdLog = measured && logEvidence(measured, question.kept.systemd);
    return {
      bundle: bundle({ firmwareLog, imaLog, systemdLog }),
      missing,
      async withWhole(ids) {
        const wants = (log: LogEvidence | undefined): boolean => log !== undefined && ids.includes(log.id);
        return bundle({
          firmwareLog: firmware && wants(firmwareLog) ? logEvidence(firmware, null) : firmwareLog,
          imaLog: list && wants(imaLog) ? await list.wholeEvidence() : imaLog,
          systemdLog: measured && wants(systemdLog) ? logEvidence(measured, null) : systemdLog,
        });
      },
      async *parts() {
        if (list !== undefined) yield* list.parts();
      },
      close: async () => list?.close(),
    };
  } catch (cause) {
    await list?.close();
    throw cause;
  }
}

async function unlessMissing<T>(part: string, missing: string[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof LogUnavailable)) throw cause;
    missing.push(`${part}: ${cause.message}`);
    return undefined;
  }
}

async function readBootId(path: string): Promise<string> {
  const remedy = 'let the agent read /proc/sys/kernel/random/boot_id, or correct the setting bootId';
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new UsageError('agent.boot-id', `${path}: ${(cause as Error).message}`, remedy);
  }
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return text;
  throw new UsageError('agent.boot-id', `${path} holds no boot id`, remedy);
}
