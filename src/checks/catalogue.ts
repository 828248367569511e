/** The closed catalogue of checks. A policy names checks of this list; there are no others. */

import { akPinned } from './identity/ak-pinned.ts';
import { akResident } from './identity/ak-resident.ts';
import { akRestricted } from './identity/ak-restricted.ts';
import { ekGenuine } from './identity/ek-genuine.ts';
import { hostOurs } from './identity/host-ours.ts';
import { quoteChallenge } from './quote/challenge.ts';
import { quoteClaims } from './quote/claims.ts';
import { quoteCounters } from './quote/counters.ts';
import { quoteDigest } from './quote/digest.ts';
import { quoteIsQuote } from './quote/is-quote.ts';
import { quoteJoined } from './quote/joined.ts';
import { quoteMadeByTpm } from './quote/made-by-tpm.ts';
import { quoteSelection } from './quote/selection.ts';
import { quoteSigned } from './quote/signed.ts';
import { quoteSigner } from './quote/signer.ts';
import { banksAgree } from './log/banks-agree.ts';
import { dataBound } from './log/data-bound.ts';
import { firmwareLog } from './log/firmware-log.ts';
import { replays } from './log/replays.ts';
import { runtimeLog } from './log/runtime-log.ts';
import { separators } from './log/separators.ts';
import { systemdLog } from './log/systemd-log.ts';
import { componentsKnown } from './firmware/components-known.ts';
import { configuration } from './firmware/configuration.ts';
import { dmaProtection } from './firmware/dma-protection.ts';
import { noDebugMode } from './firmware/no-debug-mode.ts';
import { startupLocality } from './firmware/startup-locality.ts';
import { authoritiesApproved } from './secure-boot/authorities-approved.ts';
import { dbxCurrent } from './secure-boot/dbx-current.ts';
import { enabled } from './secure-boot/enabled.ts';
import { eventsKnown } from './secure-boot/events-known.ts';
import { keysApproved } from './secure-boot/keys-approved.ts';
import { mokState } from './secure-boot/mok-state.ts';
import { sbatLevel } from './secure-boot/sbat-level.ts';
import { signersMeasured } from './secure-boot/signers-measured.ts';
import { commandLineApproved } from './boot/command-line-approved.ts';
import { bootEventsKnown } from './boot/events-known.ts';
import { imagesApproved } from './boot/images-approved.ts';
import { initrdApproved } from './boot/initrd-approved.ts';
import { loaderApproved } from './boot/loader-approved.ts';
import { mokApproved } from './boot/mok-approved.ts';
import { nvpcrsDeclared } from './boot/nvpcrs-declared.ts';
import { orderApproved } from './boot/order-approved.ts';
import { overridesAbsent } from './boot/overrides-absent.ts';
import { phasesApproved } from './boot/phases-approved.ts';
import { sectionsApproved } from './boot/sections-approved.ts';
import { bootAggregate } from './runtime/boot-aggregate.ts';
import { entriesAllowed } from './runtime/entries-allowed.ts';
import { kexecProtected } from './runtime/kexec-protected.ts';
import { listProved } from './runtime/list-proved.ts';
import { measurementPolicy } from './runtime/measurement-policy.ts';
import { modulesProtected } from './runtime/modules-protected.ts';
import { pcr15 } from './runtime/pcr15.ts';
import { guestFirmware } from './hypervisor/guest-firmware.ts';
import { kvm } from './hypervisor/kvm.ts';
import { parameters } from './hypervisor/parameters.ts';
import { qemu } from './hypervisor/qemu.ts';
import { swtpm } from './hypervisor/swtpm.ts';
import type { AnyCheck } from './model.ts';

/** In the order of the chain; within a link the question whose answer says most to people comes first. */
export const CATALOGUE: readonly AnyCheck[] = [
  akPinned,
  akRestricted,
  akResident,
  ekGenuine,
  hostOurs,
  quoteSigned,
  quoteMadeByTpm,
  quoteIsQuote,
  quoteSigner,
  quoteChallenge,
  quoteSelection,
  quoteDigest,
  quoteJoined,
  quoteCounters,
  quoteClaims,
  firmwareLog,
  runtimeLog,
  systemdLog,
  replays,
  dataBound,
  separators,
  banksAgree,
  componentsKnown,
  startupLocality,
  noDebugMode,
  dmaProtection,
  configuration,
  enabled,
  eventsKnown,
  keysApproved,
  dbxCurrent,
  authoritiesApproved,
  signersMeasured,
  sbatLevel,
  mokState,
  imagesApproved,
  initrdApproved,
  commandLineApproved,
  sectionsApproved,
  loaderApproved,
  overridesAbsent,
  mokApproved,
  orderApproved,
  phasesApproved,
  nvpcrsDeclared,
  bootEventsKnown,
  listProved,
  bootAggregate,
  measurementPolicy,
  modulesProtected,
  kexecProtected,
  entriesAllowed,
  pcr15,
  kvm,
  qemu,
  swtpm,
  guestFirmware,
  parameters,
];

const byId = new Map(CATALOGUE.map((check) => [check.id, check]));

/** The check of that id; undefined when the catalogue has none. */
export function checkById(id: string): AnyCheck | undefined {
  return byId.get(id);
}
