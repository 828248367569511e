/**
 * CVE-2017-15361 (ROCA): RSA keys that Infineon's library made on TPMs and smart cards. Their primes are k·M + (65537^a mod M), with M
 * the product of the first primes, so the modulus is a power of 65537 modulo each of these primes (Nemec et al., "The Return of
 * Coppersmith's Attack", ACM CCS 2017, section 2). A modulus of another origin has that form once in some 2^27 keys or less often.
 */

/** The primes in M for the smallest keys; larger keys have more of them. 2 says nothing about an odd number. */
const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/** For each prime, the remainders that are powers of 65537. */
const POWERS: readonly (readonly [prime: bigint, powers: ReadonlySet<number>])[] = PRIMES.map((prime) => {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * 65537) % prime) powers.add(power);
  return [BigInt(prime), powers];
});

/** Whether the modulus (big-endian) has the form of a key made by the flawed library. */
export function isRocaModulus(modulus: Uint8Array): boolean {
  const value = BigInt(`0x${Buffer.from(modulus).toString('hex')}`);
  return POWERS.every(([prime, powers]) => powers.has(Number(value % prime)));
}
