/**
 * What the lab can boot: three kinds of hypervisor host, and for each the good boot and its tampered variants. A variant differs from the
 * baseline in exactly one thing: the image that boots, the firmware's key store, what happens after the boot, or who presents it.
 */

export type Scenario = 'uki' | 'uki-secureboot' | 'shim-grub';

/** What `/init` is told to do before it quotes; the words of its `case`. */
export type Order =
  | { readonly do: 'none' }
  | { readonly do: 'extend'; readonly pcr: number }
  | { readonly do: 'insmod' | 'run' | 'run-tmpfs' }
  | { readonly do: 'kexec' };

/** How the image that boots is made. Each differs from `baseline` as its name says. */
export type ImageKind =
  | 'baseline'
  | 'other-cmdline'
  | 'other-initrd'
  | 'kvm-module-in-initrd'
  | 'no-lockdown'
  | 'foreign-loader'
  | 'secure-boot-disabled'
  | 'setup-mode'
  | 'other-signer'
  | 'unsigned'
  | 'kexec-allowed'
  | 'agent';

export interface BootedVariant {
  readonly how: 'booted';
  readonly image: ImageKind;
  /** The image whose manifest the verifier has. */
  readonly approved: ImageKind;
  readonly order: Order;
  /** The agent's word for the machine; each boot has a TPM of its own. */
  readonly host: string;
  /** Firmware refuses the image: the result is recorded, there is no evidence. */
  readonly refused: boolean;
}

/** Made from the captures of other variants, without a boot. */
export interface DerivedVariant {
  readonly how: 'derived';
  readonly from: string;
  readonly edit:
    | 'event-removed'
    | 'event-added'
    | 'event-reordered'
    | 'event-relabelled'
    | 'event-edited'
    | 'log-truncated'
    | 'relayed'
    | 'after-kexec';
}

export type Variant = BootedVariant | DerivedVariant;

const good: BootedVariant = {
  how: 'booted',
  image: 'baseline',
  approved: 'baseline',
  order: { do: 'none' },
  host: 'lab-a',
  refused: false,
};
const secondHost: BootedVariant = { ...good, host: 'lab-b' };
const foreignImage = (image: ImageKind): BootedVariant => ({ ...good, image });
const approvedImage = (image: ImageKind): BootedVariant => ({ ...good, image, approved: image });
const afterBoot = (order: Order): BootedVariant => ({ ...good, order });
const edited = (edit: DerivedVariant['edit'], from = 'baseline'): DerivedVariant => ({ how: 'derived', from, edit });

const edits = {
  'event-removed': edited('event-removed'),
  'event-added': edited('event-added'),
  'event-reordered': edited('event-reordered'),
  'event-relabelled': edited('event-relabelled'),
  'event-edited': edited('event-edited'),
  'log-truncated': edited('log-truncated'),
} as const;

export const SCENARIOS: Readonly<Record<Scenario, Readonly<Record<string, Variant>>>> = {
  uki: {
    baseline: good,
    'second-host': secondHost,
    'other-cmdline': foreignImage('other-cmdline'),
    'other-initrd': foreignImage('other-initrd'),
    'kvm-module-in-initrd': foreignImage('kvm-module-in-initrd'),
    'kvm-module-from-disk': afterBoot({ do: 'insmod' }),
    'extra-program': afterBoot({ do: 'run' }),
    'program-from-tmpfs': afterBoot({ do: 'run-tmpfs' }),
    'no-lockdown': approvedImage('no-lockdown'),
    'foreign-loader': foreignImage('foreign-loader'),
    'pcr7-extended': afterBoot({ do: 'extend', pcr: 7 }),
    'pcr11-extended': afterBoot({ do: 'extend', pcr: 11 }),
    'pcr12-extended': afterBoot({ do: 'extend', pcr: 12 }),
    'relayed-quote': edited('relayed'),
    ...edits,
  },
  'uki-secureboot': {
    baseline: good,
    'second-host': secondHost,
    'secure-boot-disabled': foreignImage('secure-boot-disabled'),
    'setup-mode': foreignImage('setup-mode'),
    'other-signer': foreignImage('other-signer'),
    unsigned: { ...foreignImage('unsigned'), refused: true },
  },
  'shim-grub': {
    baseline: good,
    'second-host': secondHost,
    'kexec-joined-list': { ...approvedImage('kexec-allowed'), order: { do: 'kexec' } },
    'kexec-new-list': edited('after-kexec', 'kexec-joined-list'),
  },
};

/** The policy each scenario is judged by, from the root of the repository. */
const POLICIES: Readonly<Record<Scenario, string>> = {
  uki: 'policies/kvm-uki.yaml',
  'uki-secureboot': 'policies/kvm-uki-secureboot.yaml',
  'shim-grub': 'policies/kvm-distribution.yaml',
};

/** A relayed quote is judged by the policy of the host that presents it. */
export function policyOf(scenario: Scenario, variant: Variant): string {
  const relayed = variant.how === 'derived' && variant.edit === 'relayed';
  return relayed ? 'fixtures/policies/kvm-uki-host-b.yaml' : POLICIES[scenario];
}

export const SCENARIO_NAMES = Object.keys(SCENARIOS) as Scenario[];

export function isScenario(name: string): name is Scenario {
  return Object.hasOwn(SCENARIOS, name);
}

/** @throws Error that lists the names there are */
export function findVariant(scenario: Scenario, name: string): Variant {
  const variants = SCENARIOS[scenario];
  const variant = Object.hasOwn(variants, name) ? variants[name] : undefined;
  if (variant === undefined)
    throw new Error(`${scenario} has no variant ${name}; it has ${Object.keys(variants).join(', ')}`);
  return variant;
}

const SELF_PROTECTION = 'lockdown=integrity module.sig_enforce=1';
const NO_KEXEC = 'sysctl.kernel.kexec_load_disabled=1';

/** The kernel command line measured with each image. */
export function commandLine(image: ImageKind): string {
  const words = ['console=ttyS0', 'quiet', 'panic=-1', 'ima_policy=tcb', 'ima_hash=sha256', 'rootfstype=ramfs'];
  if (image !== 'no-lockdown') words.push(SELF_PROTECTION);
  if (image !== 'kexec-allowed') words.push(NO_KEXEC);
  words.push(image === 'other-cmdline' ? 'mitigations=off' : 'mitigations=auto,nosmt');
  words.push('iommu.passthrough=0', 'kvm_amd.nested=0');
  return words.join(' ');
}
