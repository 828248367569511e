/** The name of the host's signing key in claims and results. */

import { canonicalJson } from '../bytes/json.ts';
import { digest } from '../bytes/hash.ts';
import { toBase64url } from '../bytes/text.ts';
import { publicKeyObject } from '../tpm/key.ts';
import { readPublic2B } from '../tpm/public.ts';

/**
 * RFC 7638 thumbprint (SHA-256, base64url) of a key.
 * @param publicArea TPM2B_PUBLIC
 * @throws EvidenceError as `readPublic2B` and `publicKeyObject`
 */
export function keyThumbprint(publicArea: Uint8Array): string {
  // Node exports exactly the required members of RSA and EC keys, and RFC 8785 sorts them as RFC 7638, 3.3 wants.
  const jwk = publicKeyObject(readPublic2B(publicArea, 'host-key').public).export({ format: 'jwk' });
  return toBase64url(digest('sha256', new TextEncoder().encode(canonicalJson(jwk))));
}
