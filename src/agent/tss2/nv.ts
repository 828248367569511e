/** Reading indices of the TPM's non-volatile memory (TPM 2.0 Part 3, 31.6 and 31.13; Part 2, 13). */

import { ByteReader } from '../../bytes/reader.ts';
import { ByteWriter } from '../../bytes/writer.ts';
import { tpmProperties } from './capability.ts';
import { ESYS_TR, type Handle } from './commands.ts';
import { agentError } from './errors.ts';
import { content, lookUp } from './key.ts';
import { inScope, type Scope } from './scope.ts';
import { authorize } from './session.ts';

/** TPMA_NV (Part 2, 13.4). */
const OWNER_READ = 1 << 17;
const AUTH_READ = 1 << 18;
const NO_DA = 1 << 25;
const WRITTEN = 1 << 29;

/** TPMS_NV_PUBLIC, as far as reading needs it. */
interface NvPublic {
  /** TPMA_NV */
  readonly attributes: number;
  /** bytes */
  readonly dataSize: number;
}

function readNvPublic(bytes: Uint8Array): NvPublic {
  const reader = new ByteReader(bytes, 'nv-public');
  reader.u32be();
  reader.u16be();
  const attributes = reader.u32be();
  reader.take(reader.u16be());
  const dataSize = reader.u16be();
  reader.end();
  return { attributes, dataSize };
}

/** An index that may be read, and by whose authorization. */
export interface ReadableIndex extends NvPublic {
  readonly handle: Handle;
  readonly authHandle: Handle;
  readonly authorization: Handle;
}

/**
 * Finds an index and how it may be read: by its own empty authorization value where a wrong one does no harm, else by the owner.
 * @throws TpmError `TPM_RC_HANDLE` where there is no such index, `tss2.nv-not-readable`, `tss2.nv-unwritten`
 */
export async function openIndex(scope: Scope, index: number): Promise<ReadableIndex> {
  const handle = await lookUp(scope, index);
  const [area] = await scope.run('NV_ReadPublic', { handles: [handle], inputs: [] });
  const nvPublic = readNvPublic(content(area));
  const has = (bit: number): boolean => (nvPublic.attributes & bit) !== 0;
  const name = `index 0x${index.toString(16).padStart(8, '0')}`;
  if (!has(WRITTEN)) {
    throw agentError('tss2.nv-unwritten', `${name} was defined and never written`, 'Write it, or remove it.');
  }
  const own = { handle, ...nvPublic, authHandle: handle, authorization: ESYS_TR.password };
  if (has(AUTH_READ) && (has(NO_DA) || !has(OWNER_READ))) return own;
  if (has(OWNER_READ)) {
    return { ...own, authHandle: ESYS_TR.owner, authorization: await authorize(scope, 'owner') };
  }
  throw agentError(
    'tss2.nv-not-readable',
    `${name} may be read by neither its own authorization nor the owner’s`,
    'Only the platform or a policy may read it: whoever made the index can say which.',
  );
}

/**
 * Reads a whole index, in pieces as large as the TPM gives them.
 * @throws TpmError as {@link openIndex}
 */
export async function readIndex(scope: Scope, index: number): Promise<Uint8Array> {
  return inScope(scope.tpm, async (inner) => {
    const { nvBufferMax } = await tpmProperties(inner);
    const { handle, dataSize, authHandle, authorization } = await openIndex(inner, index);
    const out = new ByteWriter();
    while (out.length < dataSize) {
      const size = Math.min(nvBufferMax, dataSize - out.length);
      const [piece] = await inner.run('NV_Read', {
        handles: [authHandle, handle],
        sessions: [authorization],
        inputs: [size, out.length],
      });
      const bytes = content(piece);
      if (bytes.length === 0)
        throw agentError('tss2.nv-short', 'TPM2_NV_Read gave nothing', 'Look for a firmware update of the TPM.');
      out.raw(bytes);
    }
    return out.bytes();
  });
}
