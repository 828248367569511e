/** What a TSS2_RC says: the layer that gave it, its name in the standards, and which argument of the command it is about. */

import { FORMAT_ONE, FORMAT_ZERO, TSS_BASE, WARNINGS } from './return-codes.ts';

/**
 * Who gave an answer other than success: the TPM, the kernel's resource manager in its place, a layer of the TSS, or
 * `agent`, which is this room itself.
 */
export type Layer = 'tpm' | 'fapi' | 'esys' | 'sys' | 'mu' | 'tcti' | 'resmgr' | 'resmgr-tpm' | 'unknown' | 'agent';

/** Layers of a TSS2_RC by bits 16 to 23 (TSS 2.0 Overview, 4.2). */
const LAYERS = new Map<number, Layer>([
  [0, 'tpm'],
  [6, 'fapi'],
  [7, 'esys'],
  [8, 'sys'],
  [9, 'mu'],
  [10, 'tcti'],
  [11, 'resmgr'],
  [12, 'resmgr-tpm'],
]);

export interface ReturnCode {
  readonly layer: Layer;
  /** name in the standard, `TPM_RC_LOCKOUT`, `TSS2_TCTI_RC_IO_ERROR`; the number in hexadecimal where it has none */
  readonly code: string;
  /** what a code of format one is about, counted from 1; null for the others */
  readonly about: { readonly kind: 'handle' | 'session' | 'parameter'; readonly number: number } | null;
}

/** Takes a TSS2_RC apart (TPM 2.0 Part 2, 6.6.2 and 6.6.3). */
export function decodeReturnCode(rc: number): ReturnCode {
  const layer = LAYERS.get((rc >>> 16) & 0xff) ?? 'unknown';
  const low = rc & 0xffff;
  if (layer === 'tpm' || layer === 'resmgr-tpm') return { layer, ...decodeTpm(low) };
  const base = TSS_BASE.get(low);
  const code = base === undefined || layer === 'unknown' ? hex(rc) : `TSS2_${layer.toUpperCase()}_RC_${base}`;
  return { layer, code, about: null };
}

const FORMAT_BIT = 0x080;
const PARAMETER_BIT = 0x040;
const SESSION_BIT = 0x800;
const VERSION_BIT = 0x100;
const WARNING_BIT = 0x800;
const VENDOR_BIT = 0x400;
const RESERVED_BIT = 0x200;

function decodeTpm(code: number): Omit<ReturnCode, 'layer'> {
  if ((code & FORMAT_BIT) !== 0) {
    const name = FORMAT_ONE.get(code & 0x3f);
    return { code: name === undefined ? hex(code) : `TPM_RC_${name}`, about: subject(code) };
  }
  const standard = (code & (VENDOR_BIT | RESERVED_BIT | VERSION_BIT)) === VERSION_BIT;
  const name = standard ? ((code & WARNING_BIT) === 0 ? FORMAT_ZERO : WARNINGS).get(code & 0x7f) : undefined;
  return { code: name === undefined ? hex(code) : `TPM_RC_${name}`, about: null };
}

/** The number lies in bits 8 to 11 for a parameter, in bits 8 to 10 for a handle or session; 0 is none. */
function subject(code: number): ReturnCode['about'] {
  const number = (code >> 8) & 0xf;
  if ((code & PARAMETER_BIT) !== 0) return number === 0 ? null : { kind: 'parameter', number };
  const kind = (code & SESSION_BIT) === 0 ? 'handle' : 'session';
  return (number & 7) === 0 ? null : { kind, number: number & 7 };
}

function hex(rc: number): string {
  return `0x${rc.toString(16).padStart(3, '0')}`;
}

const BUSY = new Set(['TPM_RC_RETRY', 'TPM_RC_YIELDED', 'TPM_RC_TESTING']);

/** Whether the TPM, or the kernel for it, asks for the same command again, a little later. */
export function isBusy(rc: number): boolean {
  return BUSY.has(decodeReturnCode(rc).code);
}

/** Whether the way to the TPM is gone: nothing said later on the same way can be trusted to be an answer. */
export function isDisconnected(rc: number): boolean {
  return decodeReturnCode(rc).layer === 'tcti';
}
