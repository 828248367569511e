/** Making, loading and reading keys (TPM 2.0 Part 3, 12 and 24.1). Public areas are TPM2B_PUBLIC. */

import { ByteReader } from '../../bytes/reader.ts';
import { ByteWriter } from '../../bytes/writer.ts';
import { ESYS_TR, type Handle } from './commands.ts';
import type { AuthorizedHierarchy } from './context.ts';
import { inScope, type Runner, type Scope } from './scope.ts';
import { authorize } from './session.ts';

/** A key in the TPM, until the scope it was loaded in ends. */
export interface LoadedKey {
  readonly handle: Handle;
  /** TPM2B_PUBLIC */
  readonly public: Uint8Array;
}

/** A key outside the TPM, which only the TPM that made it can load again under the same parent. */
export interface StoredKey {
  /** TPM2B_PUBLIC */
  readonly public: Uint8Array;
  /** TPM2B_PRIVATE */
  readonly private: Uint8Array;
}

/** TPM2B_SENSITIVE_CREATE with an empty authorization value and no data of the caller's. */
const NO_SECRET = new ByteWriter().sized16be(new Uint8Array(4)).bytes();
/** TPM2B of nothing. */
const EMPTY = new Uint8Array(2);
/** TPML_PCR_SELECTION of nothing. */
const NO_PCRS = new Uint8Array(4);

/**
 * TPM2_CreatePrimary: the key that the TPM derives from the seed of a hierarchy and a template; the same each time, until the
 * TPM is cleared.
 * @param template TPM2B_PUBLIC
 */
export async function createPrimary(
  scope: Scope,
  hierarchy: AuthorizedHierarchy,
  template: Uint8Array,
): Promise<LoadedKey> {
  return inScope(scope.tpm, async (inner) => {
    const authorization = await authorize(inner, hierarchy);
    const [handle, area] = await scope.run('CreatePrimary', {
      handles: [ESYS_TR[hierarchy]],
      sessions: [authorization],
      inputs: [NO_SECRET, template, EMPTY, NO_PCRS],
    });
    return { handle, public: area };
  });
}

/**
 * TPM2_Create: a new key under a parent, not yet loaded.
 * @param authorization of the parent: the empty password, or a policy session
 * @param template TPM2B_PUBLIC
 */
export async function createKey(
  scope: Scope,
  parent: Handle,
  authorization: Handle,
  template: Uint8Array,
): Promise<StoredKey> {
  const [secret, area] = await scope.run('Create', {
    handles: [parent],
    sessions: [authorization],
    inputs: [NO_SECRET, template, EMPTY, NO_PCRS],
  });
  return { public: area, private: secret };
}

/** TPM2_Load: a key that {@link createKey} made, under its parent. */
export async function loadKey(scope: Scope, parent: Handle, authorization: Handle, key: StoredKey): Promise<LoadedKey> {
  const [handle] = await scope.run('Load', {
    handles: [parent],
    sessions: [authorization],
    inputs: [key.private, key.public],
  });
  return { handle, public: key.public };
}

/** TPM2_ReadPublic. */
export async function readPublicArea(
  tpm: Runner,
  key: Handle,
): Promise<{
  /** TPM2B_PUBLIC */
  readonly public: Uint8Array;
  /** nameAlg ‖ digest */
  readonly name: Uint8Array;
  /** the name with those of all its parents */
  readonly qualifiedName: Uint8Array;
}> {
  const [area, name, qualifiedName] = await tpm.run('ReadPublic', { handles: [key], inputs: [] });
  return { public: area, name: content(name), qualifiedName: content(qualifiedName) };
}

/** What is in a TPM2B. */
export function content(sized: Uint8Array): Uint8Array {
  const reader = new ByteReader(sized, 'tpm2b');
  const bytes = reader.take(reader.u16be());
  reader.end();
  return bytes;
}

/** The persistent key, or the index, that the TPM has under a handle. It is left where it is when the scope ends. */
export async function lookUp(scope: Scope, handle: number): Promise<Handle> {
  const [found] = await scope.run('TR_FromTPMPublic', { handles: [handle as Handle], inputs: [] });
  return found;
}
