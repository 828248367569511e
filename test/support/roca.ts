/** Makes RSA moduli as the flawed library of CVE-2017-15361 made them (Nemec et al., 2017, section 2.3). */
import { checkPrimeSync } from 'node:crypto';

/** M for moduli of 2048 bits is the product of the first 126 primes. */
const PRIMES = firstPrimes(126);
const M = PRIMES.reduce((product, prime) => product * BigInt(prime), 1n);

/** A modulus of 2048 bits, the same for the same number; it takes some tenths of a second. */
export function rocaModulus(start: number): Buffer {
  const product = rocaPrime(BigInt(start) * 2n + 12345n) * rocaPrime(BigInt(start) * 2n + 12346n);
  return Buffer.from(product.toString(16).padStart(512, '0'), 'hex');
}

/** k·M + (65537^a mod M) with 1024 bits. */
function rocaPrime(a: bigint): bigint {
  const rest = power(65537n, a);
  for (let k = (3n << 1022n) / M; ; k++) {
    const candidate = k * M + rest;
    if (checkPrimeSync(candidate)) return candidate;
  }
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let [square, left] = [base, exponent]; left > 0n; square = (square * square) % M, left >>= 1n) {
    if (left & 1n) result = (result * square) % M;
  }
  return result;
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}
