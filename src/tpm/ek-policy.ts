/** The policies of endorsement keys (TCG EK Credential Profile for TPM Family 2.0, 2.6, B.6). */

import { digest, equalBytes, hashSize, type HashName } from '../bytes/hash.ts';
import { fromHex } from '../bytes/text.ts';
import { ByteWriter } from '../bytes/writer.ts';
import { TPM_RH } from './algorithms.ts';

/** TPM_CC (TPM 2.0 Part 2, 6.5.2). */
const TPM_CC = { POLICY_SECRET: 0x151, POLICY_OR: 0x171 } as const;

/** PolicyC: what the NV index of the owner's policy says. It depends on the name of that index only, which the profile fixes. */
const POLICY_C = {
  sha256: '3767e2edd43ff45a3a7e1eaefcef78643dca964632e7aad82c673a30d8633fde',
  sha384: 'd6032ce61f2fb3c240eb3cf6a33237ef2b6a16f4293c22b455e261cffd217ad5b4947c2d73e63005eed2dc2b3593d165',
  sha512:
    '589ee1e146544716e8deafe6db247b01b81e9f9c7dd16b814aa159138749105fba5388dd1dea702f35240c184933121e2c61b8f50d3ef91393a49a38c3f73fc8',
} as const;

/** Hashes for which the profile has a PolicyB. */
export type EkPolicyHash = keyof typeof POLICY_C;

/** PolicyA: TPM2_PolicySecret of the endorsement hierarchy, without policyRef (B.6.2; TPM 2.0 Part 3, 23.2.3). */
export function policyA(hash: HashName): Uint8Array {
  const start = new Uint8Array(hashSize(hash));
  const secret = new ByteWriter().raw(start).u32be(TPM_CC.POLICY_SECRET).u32be(TPM_RH.endorsement).bytes();
  return digest(hash, digest(hash, secret));
}

/** PolicyB: PolicyA, or PolicyC (B.6.5; TPM 2.0 Part 3, 23.6). */
export function policyB(hash: EkPolicyHash): Uint8Array {
  const or = new ByteWriter().raw(new Uint8Array(hashSize(hash))).u32be(TPM_CC.POLICY_OR);
  for (const branch of branchesOf(hash)) or.raw(branch);
  return digest(hash, or.bytes());
}

function branchesOf(hash: EkPolicyHash): readonly Uint8Array[] {
  return [policyA(hash), fromHex(POLICY_C[hash])];
}

/** What the policy of an EK leaves to choose from; null where PolicyA is all of it. */
interface EkPolicy {
  readonly branches: readonly Uint8Array[] | null;
}

/** The policy of that digest; undefined where it is neither PolicyA nor PolicyB. */
export function ekPolicy(hash: HashName, authPolicy: Uint8Array): EkPolicy | undefined {
  if (equalBytes(authPolicy, policyA(hash))) return { branches: null };
  if (hash === 'sha1' || !equalBytes(authPolicy, policyB(hash))) return undefined;
  return { branches: branchesOf(hash) };
}
