/** The kernel's hash algorithms as IMA writes them (crypto/hash_info.c): name, digest size, number in signatures. */

/** Name and digest size in bytes, in the order of `enum hash_algo` (include/uapi/linux/hash_info.h). */
const KERNEL_HASHES: readonly (readonly [string, number])[] = [
  ['md4', 16],
  ['md5', 16],
  ['sha1', 20],
  ['rmd160', 20],
  ['sha256', 32],
  ['sha384', 48],
  ['sha512', 64],
  ['sha224', 28],
  ['rmd128', 16],
  ['rmd256', 32],
  ['rmd320', 40],
  ['wp256', 32],
  ['wp384', 48],
  ['wp512', 64],
  ['tgr128', 16],
  ['tgr160', 20],
  ['tgr192', 24],
  ['sm3', 32],
  ['streebog256', 32],
  ['streebog512', 64],
  ['sha3-256', 32],
  ['sha3-384', 48],
  ['sha3-512', 64],
];

const SIZES = new Map<string, number>([...KERNEL_HASHES, ['sm3-256', 32]]);

/** Digest size of a kernel hash algorithm by its name, or undefined when the name is not one. */
export function kernelHashSize(name: string): number | undefined {
  return SIZES.get(name);
}

/** Name of a kernel hash algorithm by its number, as signature headers give it. */
export function kernelHashName(id: number): string | undefined {
  return KERNEL_HASHES[id]?.[0];
}
