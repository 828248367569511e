/** What an image's own IMA policy file measures (Linux Documentation/ABI/testing/ima_policy). */

/** Where the image keeps the policy that its `init` loads. */
export const POLICY_PATH = '/etc/ima/ima-policy';

const KEXEC_FUNCTIONS = ['KEXEC_KERNEL_CHECK', 'KEXEC_INITRAMFS_CHECK', 'KEXEC_CMDLINE'] as const;

/**
 * File systems of the kernel's own making, by magic number (include/uapi/linux/magic.h): no kernel or initrd can be loaded from
 * them, so a rule that leaves one out leaves no kexec out.
 */
const PSEUDO_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x64626720, // debugfs
  0x1cd1, // devpts
  0x73636673, // securityfs
  0x42494e4d, // binfmt_misc
  0xf97cff8c, // selinux
  0x43415d53, // smack
  0x27e0eb, // cgroup
  0x63677270, // cgroup2
  0x6e736673, // nsfs
  0xde5e81e4, // efivarfs
]);

/**
 * The manifest's `measuresKexec`: true if each part of a kexec is measured whatever file it comes from. Rules are read in order, the
 * first that matches decides. Without a policy file nothing is stated.
 */
export function measuresKexec(contents: ReadonlyMap<string, Uint8Array>): { measuresKexec?: boolean } {
  const policy = contents.get(POLICY_PATH);
  if (policy === undefined) return {};
  const open = new Set<string>(KEXEC_FUNCTIONS);
  for (const line of Buffer.from(policy).toString('utf8').split('\n')) {
    const [action, ...conditions] = line.split(/[ \t]+/).filter((word) => word !== '');
    if (action === undefined || action.startsWith('#')) continue;
    if (action === 'dont_measure' && !isHarmless(conditions)) break;
    const [only, ...more] = conditions;
    // A rule with a further condition measures some kexecs, not each.
    if (action === 'measure' && only?.startsWith('func=') === true && more.length === 0) open.delete(only.slice(5));
  }
  return { measuresKexec: open.size === 0 };
}

function isHarmless(conditions: readonly string[]): boolean {
  const magic = conditions
    .map((condition) => /^fsmagic=(0x[0-9a-fA-F]{1,8})$/.exec(condition)?.[1])
    .find((value) => value !== undefined);
  return magic !== undefined && PSEUDO_FILE_SYSTEMS.has(Number(magic));
}
