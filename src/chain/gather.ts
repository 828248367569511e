/** From verified quotes to the facts of the logs: links 3 and later are asked about these. */

import { EvidenceError } from '../bytes/errors.ts';
import { contentId, type HashName } from '../bytes/hash.ts';
import { canonicalJson } from '../bytes/json.ts';
import { toHex } from '../bytes/text.ts';
import type { EvidenceBundle, LogEvidence } from '../evidence/bundle.ts';
import { firmwareLogFacts, prepareFirmwareLog } from '../facts/firmware-log.ts';
import { Facts } from '../facts/facts.ts';
import { findReplay, imaFacts, pcr10WithoutList, type ReplayFinder } from '../facts/ima-log.ts';
import type { Fact } from '../facts/model.ts';
import type { PcrAtStart } from '../logs/ima/boot-aggregate.ts';
import { parseImaList } from '../logs/ima/parse.ts';
import type { QuotedPcrs } from '../tpm/quote.ts';
import { cached, type AppraisalCache } from './cache.ts';

/**
 * A name for everything that {@link gatherFacts} is a function of: the logs' content ids and the quoted values. A host whose logs
 * and PCRs did not change since its last quote has the same facts.
 */
export function factsKey({ firmwareLog, imaLog }: EvidenceBundle, quoted: QuotedPcrs, bank: HashName): string {
  return `${partKey(firmwareLog)}/${partKey(imaLog)}/${bank}/${quoted.valuesId}`;
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
  let atHandOver: PcrAtStart = () => undefined;

  const firmware = evidence.firmwareLog;
  if (firmware?.bytes === undefined) facts.push(absent('firmware'));
  else {
    const { bytes, id } = firmware;
    readLog('firmware', facts, () => {
      const prepared = cached(cache, `firmware/${id}`, () => prepareFirmwareLog(bytes));
      const found = firmwareLogFacts(prepared, quoted, bank);
      facts.push(...found.facts);
      atHandOver = found.atHandOver;
    });
  }

  let ima: Facts['ima'] = null;
  const runtime = evidence.imaLog;
  if (runtime?.bytes === undefined) facts.push(absent('ima'), ...pcr10WithoutList(quoted, bank));
  else {
    const { bytes, id } = runtime;
    readLog('ima', facts, () => {
      const list = cached(cache, `ima/${id}`, () => parseImaList(bytes));
      const found = imaFacts(list, quoted, bank, atHandOver, cachedFinder(runtime, cache));
      facts.push(...found.facts);
      ima = found.prefix;
    });
  }
  return new Facts(facts, bank, ima);
}

function cachedFinder({ id }: LogEvidence, cache: AppraisalCache | undefined): ReplayFinder {
  return (list, bank, value) =>
    cached(cache, `ima-replay/${id}/${bank}/${toHex(value)}`, () => findReplay(list, bank, value));
}

function absent(subject: 'firmware' | 'ima'): Fact<'log'> {
  return { name: 'log', value: { state: 'absent' }, provenance: {}, subject, source: { part: `log.${subject}` } };
}

/** What a log breaks of its format is a fact about that log; what was already gathered of it goes. */
function readLog(subject: 'firmware' | 'ima', facts: Fact[], read: () => void): void {
  const before = facts.length;
  try {
    read();
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause;
    facts.length = before;
    const { code, message, offset = null } = cause;
    facts.push({
      name: 'log',
      value: { state: 'malformed', code, message, offset },
      provenance: {},
      subject,
      source: { part: `log.${subject}` },
    });
  }
}

const utf8 = new TextEncoder();

/** Content ids of the parts of a bundle, for the appraisal to name. */
export function partIds(evidence: EvidenceBundle): Readonly<Record<string, string>> {
  const { ak, quotes, claims, firmwareLog, imaLog } = evidence;
  const ids: Record<string, string> = {};
  if (ak !== undefined) ids['ak'] = contentId(ak);
  for (const [i, { attest, signature }] of quotes.entries()) {
    ids[`quotes[${i}].attest`] = contentId(attest);
    ids[`quotes[${i}].signature`] = contentId(signature);
  }
  if (claims !== undefined) ids['claims'] = contentId(utf8.encode(canonicalJson(claims)));
  if (firmwareLog !== undefined) ids['firmwareLog'] = firmwareLog.id;
  if (imaLog !== undefined) ids['imaLog'] = imaLog.id;
  return ids;
}
