/** Commands that tpm2-tools cannot send as they are: their bytes are written here and go to the TPM through `tpm2_send`. */

import { ByteReader } from '../../src/bytes/reader.ts';
import { ByteWriter } from '../../src/bytes/writer.ts';
import { TPM_RH, type Hierarchy } from '../../src/tpm/algorithms.ts';
import { run } from './programs.ts';
import type { SoftwareTpm } from './software-tpm.ts';

const TPM_ST_SESSIONS = 0x8002;
const TPM_CC = { CREATE_PRIMARY: 0x131, CERTIFY: 0x148 } as const;
const TPM_RS_PW = 0x40000009;
const TPM_ALG_NULL = 0x0010;
const EMPTY = new Uint8Array(0);

/** What TPM2_CreatePrimary answers. */
export interface CreatedPrimary {
  /** of the loaded key, in the form tpm2-tools take */
  readonly handle: string;
  /** TPM2B_PUBLIC */
  readonly public: Uint8Array;
  readonly name: Uint8Array;
}

/**
 * TPM2_CreatePrimary of a template, byte for byte (TPM 2.0 Part 3, 24.1).
 * @param template a TPM2B_PUBLIC
 */
export async function createPrimary(
  tpm: SoftwareTpm,
  hierarchy: Hierarchy,
  template: Uint8Array,
): Promise<CreatedPrimary> {
  const sensitive = new ByteWriter().sized16be(EMPTY).sized16be(EMPTY).bytes();
  const parameters = new ByteWriter().sized16be(sensitive).raw(template).sized16be(EMPTY).u32be(0);
  const response = await send(tpm, TPM_CC.CREATE_PRIMARY, [TPM_RH[hierarchy]], parameters.bytes());
  const handle = `0x${response.u32be().toString(16)}`;
  response.u32be();
  const area = sized(response);
  // Creation data and hash; the ticket is a tag, a hierarchy and a digest.
  sized(response);
  sized(response);
  response.take(6);
  sized(response);
  return { handle, public: new ByteWriter().sized16be(area).bytes(), name: sized(response) };
}

/** TPM2_Certify of one loaded key by another (Part 3, 18.2): tpm2_certify takes no qualifying data. */
export async function certify(
  tpm: SoftwareTpm,
  object: string,
  signer: string,
  qualifyingData: Uint8Array,
): Promise<{ readonly attest: Uint8Array; readonly signature: Uint8Array }> {
  const parameters = new ByteWriter().sized16be(qualifyingData).u16be(TPM_ALG_NULL).bytes();
  const response = await send(tpm, TPM_CC.CERTIFY, [Number(object), Number(signer)], parameters);
  const body = response.slice(response.u32be());
  const attest = sized(body);
  return { attest, signature: body.rest() };
}

/** Sends a command in which every handle is authorized by an empty password; gives back what follows the code. */
async function send(
  tpm: SoftwareTpm,
  command: number,
  handles: readonly number[],
  parameters: Uint8Array,
): Promise<ByteReader> {
  const authorization = new ByteWriter();
  const body = new ByteWriter();
  for (const handle of handles) {
    body.u32be(handle);
    authorization.u32be(TPM_RS_PW).sized16be(EMPTY).u8(0).sized16be(EMPTY);
  }
  body.u32be(authorization.length).raw(authorization.bytes()).raw(parameters);
  const input = new ByteWriter()
    .u16be(TPM_ST_SESSIONS)
    .u32be(10 + body.length)
    .u32be(command)
    .raw(body.bytes());
  const { stdout } = await run('tpm2', ['send'], { env: tpm.env, input: input.bytes() });
  const response = new ByteReader(new Uint8Array(stdout), 'response');
  response.take(6);
  const code = response.u32be();
  if (code !== 0) throw new Error(`the TPM answers 0x${code.toString(16)} to command 0x${command.toString(16)}`);
  return response;
}

function sized(reader: ByteReader): Uint8Array {
  return reader.take(reader.u16be());
}
