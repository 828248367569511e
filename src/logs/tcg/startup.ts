/** How the TPM was started, from the events that say so, and what is wrong with them (PFP 1.06, 10.4.5.3 and 3.3.1). */

import { EV_EFI_HCRTM_EVENT, EV_NO_ACTION } from './event-types.ts';
import type { StartupState, TcgAnomaly, TcgAnomalyKind, TcgEvent } from './model.ts';
import { noActionSignature } from './spec-id.ts';

const SIGNATURE = 'StartupLocality';
/** Signature[16] ‖ StartupLocality */
const EVENT_SIZE = 17;

/** The locality a StartupLocality event states, as its byte; `undefined` for any other event data. */
export function startupLocality(data: Uint8Array): number | undefined {
  return data.length === EVENT_SIZE && noActionSignature(data) === SIGNATURE ? data[EVENT_SIZE - 1] : undefined;
}

/**
 * Reads the startup of a log. An event in the wrong place, said twice or with an impossible value does not count and is an
 * anomaly; the initial value of PCR 0 is never taken from anything else.
 */
export function readStartup(events: readonly TcgEvent[], anomalies: TcgAnomaly[]): StartupState {
  let locality: StartupState['locality'] = 0;
  let localityIndex: number | undefined;
  let hCrtmIndex: number | undefined;
  let extended = false;
  for (const event of events) {
    if (event.type === EV_NO_ACTION) {
      if (noActionSignature(event.data) !== SIGNATURE) continue;
      const report = (kind: TcgAnomalyKind, detail: string): number => anomalies.push(at(event, kind, detail));
      const value = startupLocality(event.data);
      if (value === undefined) report('startup-locality-malformed', `StartupLocality of ${event.data.length} bytes`);
      else if (value !== 0 && value !== 3 && value !== 4) report('startup-locality-value', `startup locality ${value}`);
      else if (localityIndex !== undefined) report('startup-locality-repeated', 'a second StartupLocality event');
      else if (extended) report('startup-locality-late', 'StartupLocality after an extend of PCR 0');
      else if (hCrtmIndex !== undefined && value !== 4)
        report('h-crtm-misplaced', `H-CRTM, and startup locality ${value}`);
      else {
        locality = value;
        localityIndex = event.index;
      }
    } else if (event.pcr === 0 && event.type === EV_EFI_HCRTM_EVENT) {
      if (extended) anomalies.push(at(event, 'h-crtm-misplaced', 'H-CRTM after another extend of PCR 0'));
      else if (localityIndex !== undefined && locality !== 4) {
        anomalies.push(at(event, 'h-crtm-misplaced', `H-CRTM after startup locality ${locality}`));
      } else {
        locality = 4;
        hCrtmIndex ??= event.index;
      }
    } else if (event.pcr === 0) extended = true;
  }
  return { locality, localityIndex, hCrtmIndex };
}

function at(event: TcgEvent, kind: TcgAnomalyKind, detail: string): TcgAnomaly {
  return { kind, offset: event.offset, index: event.index, detail };
}
