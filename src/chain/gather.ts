/** From verified quotes to the facts of the logs: links 3 and later are asked about these. */

import { readOr } from '../bytes/errors.ts';
import { contentId, type HashName } from '../bytes/hash.ts';
import { canonicalJson } from '../bytes/json.ts';
import { toHex } from '../bytes/text.ts';
import type { EvidenceBundle, LogEvidence } from '../evidence/bundle.ts';
import { firmwareLogFacts, prepareFirmwareLog } from '../facts/firmware-log.ts';
import { Facts } from '../facts/facts.ts';
import { findReplay, imaFacts, pcr10WithoutList, type ReplayFinder } from '../facts/ima-log.ts';
import { celLogFacts, orderFacts } from '../facts/runtime-logs.ts';
import type { Fact } from '../facts/model.ts';
import { celExtends } from '../logs/cel/extends.ts';
import { parseCelLog } from '../logs/cel/parse.ts';
import { otherExtends } from '../logs/ima/extends.ts';
import { IMA_PCR } from '../logs/ima/model.ts';
import { parseImaList } from '../logs/ima/parse.ts';
import type { RuntimeLog } from '../logs/runtime-log.ts';
import type { QuotedPcrs } from '../tpm/quote.ts';
import { cached, type AppraisalCache } from './cache.ts';

/**
 * A name for everything that {@link gatherFacts} is a function of: the logs' content ids and the quoted values. A host whose logs
 * and PCRs did not change since its last quote has the same facts.
 */
export function factsKey(
  { firmwareLog, imaLog, systemdLog }: EvidenceBundle,
  quoted: QuotedPcrs,
  bank: HashName,
): string {
  const parts = `${partKey(firmwareLog)}/${partKey(imaLog)}/${partKey(systemdLog)}`;
  return `${parts}/${bank}/${quoted.valuesId}`;
}

/** A log of which only the id came is absent, whatever its id. */
function partKey(log: LogEvidence | undefined): string {
  return log?.bytes === undefined ? 'absent' : log.id;
}

/**
 * The facts of the logs under one set of quoted values.
 * @param quoted values of the verified quotes; nothing of a log is read without them
 */
export function gatherFacts(
  evidence: EvidenceBundle,
  quoted: QuotedPcrs,
  bank: HashName,
  cache: AppraisalCache | undefined,
): Facts {
  const facts: Fact[] = [];
  const read = <T>(
    subject: LogName,
    log: LogEvidence | undefined,
    parse: (bytes: Uint8Array, id: string) => T,
  ): T | null => readLog(subject, log, facts, parse);

  // What the running system extended stands behind the firmware's events, so its logs are parsed first.
  const runtime = evidence.imaLog;
  const find = runtime === undefined ? findReplay : cachedFinder(runtime, cache);
  const list = read('ima', runtime, (bytes, id) => cached(cache, `ima/${id}`, () => parseImaList(bytes)));
  const logs: RuntimeLog[] = [];
  const systemd = read('systemd', evidence.systemdLog, (bytes, id) =>
    cached(cache, `systemd/${id}`, () => parseCelLog(bytes)),
  );
  if (systemd !== null) {
    facts.push(...celLogFacts(systemd));
    logs.push(celExtends(systemd));
  }
  if (list !== null) {
    const modeOf = (name: HashName) => {
      const value = quoted.value(name, IMA_PCR);
      return (value === undefined ? undefined : find(list, name, value).mode) ?? 'native';
    };
    logs.push(otherExtends(list, modeOf));
  }

  const firmware = read('firmware', evidence.firmwareLog, (bytes, id) => {
    const prepared = cached(cache, `firmware/${id}`, () => prepareFirmwareLog(bytes));
    return firmwareLogFacts(prepared, quoted, bank, logs);
  });
  facts.push(...(firmware?.facts ?? []));

  let ima: Facts['ima'] = null;
  if (list !== null) {
    const found = imaFacts(list, quoted, bank, firmware?.atHandOver ?? (() => undefined), find);
    facts.push(...found.facts);
    ima = found.prefix;
  } else if (runtime?.bytes === undefined) facts.push(...pcr10WithoutList(quoted, bank));

  const replay = firmware?.replay ?? null;
  if (replay !== null)
    facts.push(...logs.flatMap((log) => orderFacts(log, replay, log.part === 'log.ima' ? ima : null)));
  return new Facts(facts, bank, ima);
}

function cachedFinder({ id }: LogEvidence, cache: AppraisalCache | undefined): ReplayFinder {
  return (list, bank, value) =>
    cached(cache, `ima-replay/${id}/${bank}/${toHex(value)}`, () => findReplay(list, bank, value));
}

type LogName = 'firmware' | 'ima' | 'systemd';

/** What a log breaks of its format is a fact about that log; what was already gathered of it goes. An absent log is a fact too. */
function readLog<T>(
  subject: LogName,
  log: LogEvidence | undefined,
  facts: Fact[],
  read: (bytes: Uint8Array, id: string) => T,
): T | null {
  const about = { name: 'log', provenance: {}, subject, source: { part: `log.${subject}` } } as const;
  const before = facts.length;
  if (log?.bytes === undefined) {
    facts.push({ ...about, value: { state: 'absent' } });
    return null;
  }
  const { bytes, id } = log;
  return readOr(
    () => read(bytes, id),
    ({ code, message, offset = null }) => {
      facts.length = before;
      facts.push({ ...about, value: { state: 'malformed', code, message, offset } });
      return null;
    },
  );
}

const utf8 = new TextEncoder();

/** Content ids of the parts of a bundle, for the appraisal to name. */
export function partIds(evidence: EvidenceBundle): Readonly<Record<string, string>> {
  const { ak, quotes, claims, firmwareLog, imaLog, systemdLog } = evidence;
  const ids: Record<string, string> = {};
  if (ak !== undefined) ids['ak'] = contentId(ak);
  for (const [i, { attest, signature }] of quotes.entries()) {
    ids[`quotes[${i}].attest`] = contentId(attest);
    ids[`quotes[${i}].signature`] = contentId(signature);
  }
  if (claims !== undefined) ids['claims'] = contentId(utf8.encode(canonicalJson(claims)));
  if (firmwareLog !== undefined) ids['firmwareLog'] = firmwareLog.id;
  if (imaLog !== undefined) ids['imaLog'] = imaLog.id;
  if (systemdLog !== undefined) ids['systemdLog'] = systemdLog.id;
  return ids;
}
