/** A whole policy for one image, commented, from what is known without any host. */

import type { ImageManifest } from '../references/manifest.ts';
import { PHASES } from '../references/phases.ts';
import type { ReferenceSet } from '../references/reference-set.ts';

/** What a new policy is made of. */
export interface NewPolicy {
  readonly name: string;
  readonly image: ImageManifest;
  readonly references: readonly ReferenceSet[];
}

/** Where the text of a policy says what is lacking: a kind of reference set, and what stays unproven without one. */
const WANTED: readonly (readonly [kind: ReferenceSet['kind'], comment: string])[] = [
  ['firmware', 'No firmware reference: link `firmware` stays unproven. Give one with --firmware.'],
  ['secure-boot-keys', 'No key set: link `secure-boot` stays unproven. Give PK.esl, KEK.esl and db.esl with --keys.'],
  [
    'dbx',
    'No dbx: what must be revoked at least is not known, and link `secure-boot` stays unproven. Give dbx.esl with --keys.',
  ],
];

/** Arguments of the command line that harden the hypervisor, by how they begin. */
const HARDENING = ['mitigations=', 'iommu', 'intel_iommu=', 'amd_iommu=', 'kvm.', 'kvm_amd.', 'kvm_intel.'];

/**
 * The text of a policy of schema `assay.policy/1` that asks every check, all PCRs closed but PCR 1, which is different on every host. It names the image and the sets; a
 * catalogue beside it is to hold them. What was not given is not left out: its link stays unproven until it is.
 */
export function newPolicy({ name, image, references }: NewPolicy): string {
  const required = hardening(image.commandLine);
  const lacking = WANTED.filter(([kind]) => !references.some((set) => set.kind === kind));
  return `# Hypervisor hosts that boot ${image.name}.
#
# Written by \`assay policy new\` from the image alone, before any host has booted it. Everything is asked, and every PCR but
# 1 is closed: open another only where hosts show that it varies, with the reason. Then run
#   assay policy check ${name}.yaml
#   assay policy test ${name}.yaml
schema: assay.policy/1
name: ${name}
version: '1'
description: Linux+KVM from ${image.name}, approved by digest.

# Folder of manifests/, references/ and pins/, relative to this file.
catalogue: catalogue

# What a quote must sign. PCR 0 to 15 of one strong bank is the least that is judged.
selection: sha256:0-15

# How long a verdict stands, in seconds: a result expires this long after its evidence.
maxAgeSeconds: 900

# No pins: keys of hosts come from their enrolment. To pin them, name a pin set of the catalogue.
# pins: my-hosts

# The images that may boot. A newer one is added here before the fleet is updated, and the older one removed afterwards.
manifests:
  - ${image.name}

# What is not in the image is compared with these.
${lacking.map(([, comment]) => `# ${comment}\n`).join('')}references:${list(
    references.map((set) => set.name),
    2,
  )}

# If Secure Boot is off on these hosts, say so: the image is approved by its digest all the same.
# exclude:
#   secure-boot:
#     reason: Secure Boot is off on these hosts; every image is approved by its digest instead.

checks:
  # PCR 1, 3 and 6 hold the firmware's configuration. \`closed\` means: every value is in a reference.
  firmware.configuration:
    '1': { open: 'boot entries differ from host to host, and boot nothing but approved images' }
    '3': closed
    '6': closed
  # 0: the TPM was started by the static root of measurement, without an H-CRTM (3, 4).
  firmware.startup-locality:
    allowed: [0]
  # PCR 5 holds the partition tables of the disks: closed where the firmware measures none.
  boot.events-known:
    gpt: closed
  # What the running system may measure into PCR 11: how far it has started, in systemd's words.
  boot.phases-approved:
    paths:
      - ${PHASES.join(':')}
      - ${PHASES.slice(2).join(':')}
  # NV indexes that systemd uses as PCRs: no quote covers what they hold.
  boot.nvpcrs-declared:
    nvpcrs: closed
  # Built-in IMA policies that are enough without a policy file of the image${hasOwnPolicy(image) ? '' : '. This image has none: link `runtime` stays\n  # unproven unless its command line asks for one that is accepted here, as `tcb`'}.
  runtime.measurement-policy:
    builtIn: []
  # Files written while they were measured: closed unless something on these hosts is known to do so.
  runtime.entries-allowed:
    violations: closed
  # PCR 15 is for volume keys and machine ids.
  runtime.pcr15:
    pcr15: closed
  # What must be requested of KVM, IOMMU and mitigations on the measured command line: what this image asks for.
  hypervisor.parameters:
    required:${list(required, 6)}
`;
}

function hardening(commandLine: string): string[] {
  const words = commandLine.split(' ');
  return [...new Set(words.filter((word) => HARDENING.some((start) => word.startsWith(start))))].map((word) =>
    JSON.stringify(word),
  );
}

function hasOwnPolicy({ files }: ImageManifest): boolean {
  return files.some(({ component }) => component === 'ima-policy');
}

function list(values: readonly string[], indent: number): string {
  if (values.length === 0) return ' []';
  return values.map((value) => `\n${' '.repeat(indent)}- ${value}`).join('');
}
