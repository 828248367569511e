/**
 * Trust is carried by types: each mixture below must fail to compile. `npm run types` reads this file; nothing runs it. An
 * expected error that does not come is an error itself.
 */
import type { Replayed, Untrusted, Verified } from '../../src/bytes/trust.ts';
import { contentOf } from '../../src/facts/event-content.ts';
import { coverage } from '../../src/facts/coverage.ts';
import { Facts } from '../../src/facts/facts.ts';
import type { EvidenceBundle } from '../../src/evidence/bundle.ts';
import type { ImaList, ImaPrefix } from '../../src/logs/ima/model.ts';
import { replayPrefix } from '../../src/logs/ima/replay.ts';
import { replayAgainstQuote, type ReplayedLog } from '../../src/logs/replay.ts';
import { classifyReplayed } from '../../src/logs/tcg/classify.ts';
import type { EventBody } from '../../src/logs/tcg/event-body.ts';
import type { TcgLog } from '../../src/logs/tcg/model.ts';
import type { PcrValues } from '../../src/tpm/pcr-values.ts';
import { joinQuotes, type QuotedPcrs } from '../../src/tpm/quote.ts';

declare const parsed: Untrusted<TcgLog>;
declare const proved: Replayed<ReplayedLog>;
declare const plainLog: TcgLog;
declare const plainReplay: ReplayedLog;
declare const list: Untrusted<ImaList>;
declare const plainPrefix: ImaPrefix;
declare const bound: Verified<EventBody>;
declare const body: EventBody;
declare const claimed: PcrValues;
declare const quoted: QuotedPcrs;
declare const bundle: EvidenceBundle;

// What each step takes, so that the refusals below are for the right reason.
replayAgainstQuote(parsed, quoted, 'sha256');
classifyReplayed(proved);
contentOf(bound);
joinQuotes([quoted]);
coverage(bundle, quoted, 'sha256');

// @ts-expect-error: a parsed log is not a replayed one
classifyReplayed(parsed);
// @ts-expect-error: nor is what a replay is made of
classifyReplayed(plainReplay);
// @ts-expect-error: nor an object that looks like one
classifyReplayed({ replayed: plainReplay });
// @ts-expect-error: a log replays once, from what the parser returned
replayAgainstQuote(proved, quoted, 'sha256');
// @ts-expect-error: a bare log has no parser that vouches for its bounds
replayAgainstQuote(plainLog, quoted, 'sha256');

// @ts-expect-error: values a host claims are not quoted values
replayAgainstQuote(parsed, claimed, 'sha256');
const { ak, clockInfo, firmwareVersion, selection } = quoted;
const lookalike = { ak, clockInfo, firmwareVersion, selection, banks: quoted.banks, value: () => undefined };
// @ts-expect-error: an object with everything quoted PCRs show is none of them
joinQuotes([lookalike]);
// @ts-expect-error: bytes are mapped under a verified quote only
coverage(bundle, claimed, 'sha256');

// @ts-expect-error: decoded data is not proved data
contentOf(body);
// @ts-expect-error: nor is a hint in the shape of a proof
contentOf({ verified: body });

// @ts-expect-error: checks see a runtime list as replayed, not as parsed
export const fromParsed = new Facts([], 'sha256', list);
// @ts-expect-error: nor as a prefix that nothing replayed
export const fromPrefix = new Facts([], 'sha256', plainPrefix);
export const fromReplay = new Facts(
  [],
  'sha256',
  replayPrefix(list, { bank: 'sha256', quoted: new Uint8Array(32) }).prefix,
);

// @ts-expect-error: what is replayed is not verified: its data is still the host's word
export const verifiedData: Verified<ReplayedLog> = proved;
// @ts-expect-error: what is verified is not untrusted: each kind is read by its own name
export const untrustedData: Untrusted<EventBody> = bound;
