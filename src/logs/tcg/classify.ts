/** The events of a replayed log with their data, told apart by what proves it. The one place that makes `Verified` data. */

import { verified, type Replayed, type Verified } from '../../bytes/trust.ts';
import type { ReplayedLog } from '../replay.ts';
import type { Binding, EventBody } from './event-body.ts';
import { decodeLog, type DecodedLog } from './event-data.ts';
import type { TcgEvent } from './model.ts';
import type { QuirkName } from './quirks.ts';

/** One event of a PCR that replays to the quote. */
export interface ClassifiedEvent {
  readonly event: TcgEvent;
  /** the digest extended in the quoted bank; proved by the replay */
  readonly digest: Uint8Array;
  readonly binding: Binding;
  readonly quirk?: QuirkName;
  /** whether a separator of the same PCR came before */
  readonly afterSeparator: boolean;
  /** the data, where the digest proves it */
  readonly verified?: Verified<EventBody>;
  /** the data, where nothing proves it: to be shown, never a ground for anything */
  readonly hint?: EventBody;
}

/**
 * Classifies the events of those PCRs that replay, in the quoted bank. Events of other PCRs and EV_NO_ACTION are left out:
 * no digest of theirs is proved.
 * @param known `decodeLog` of the same log and bank, where it is already there
 */
export function classifyReplayed(source: Replayed<ReplayedLog>, known?: DecodedLog): ClassifiedEvent[] {
  const { log, bank, equal } = source.replayed;
  const decoded = known?.log === log && known.bank === bank ? known : decodeLog(log, bank);
  const out: ClassifiedEvent[] = [];
  for (const [index, { binding, quirk, body }] of decoded.events.entries()) {
    const event = log.events[index]!;
    const digest = event.digests[bank];
    if (binding === 'not-extended' || digest === undefined || !equal.has(event.pcr)) continue;
    const proved = binding === 'bound' || binding === 'bound-with-quirk';
    const common = {
      event,
      digest,
      binding,
      ...(quirk === undefined ? {} : { quirk }),
      afterSeparator: decoded.afterSeparator[index]!,
    };
    out.push(proved ? { ...common, verified: verified(body) } : { ...common, hint: body });
  }
  return out;
}

/** An event whose data is proved by one bank and not by another that it also carries a digest of. */
export interface BankDisagreement {
  readonly index: number;
  /** the bank in which the digest is of the data */
  readonly bound: DecodedLog['bank'];
  /** the bank in which it is not */
  readonly unbound: DecodedLog['bank'];
}

/**
 * Compares what two banks prove of the same data. A difference means that one of the digests was made for other data: only
 * the quoted bank decides, but no honest firmware writes such an event.
 */
export function bankDisagreements(a: DecodedLog, b: DecodedLog): BankDisagreement[] {
  const out: BankDisagreement[] = [];
  for (const { index, digests } of a.log.events) {
    if (digests[a.bank] === undefined || digests[b.bank] === undefined) continue;
    const inA = isBound(a.events[index]!.binding);
    const inB = isBound(b.events[index]!.binding);
    if (inA === inB) continue;
    out.push(inA ? { index, bound: a.bank, unbound: b.bank } : { index, bound: b.bank, unbound: a.bank });
  }
  return out;
}

function isBound(binding: Binding): boolean {
  return binding === 'bound' || binding === 'bound-with-quirk';
}
