/**
 * What the agent keeps from one start to the next: which host it is at which service, and 32 bytes that make its attestation key
 * one of this installation. Nothing of it is secret; the keys are in the TPM.
 */

import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EvidenceError } from '../bytes/errors.ts';
import { parseJson } from '../bytes/json.ts';
import { fromBase64url, toBase64url } from '../bytes/text.ts';
import type { Enrolled } from './enrolment.ts';
import { AK_PARENTS, type AkParent, type KeptKey } from './host-tpm.ts';
import { AK_TYPES, type AkType } from './tpm-settings.ts';

/** Bytes of the AK's unique field. */
export const UNIQUE_BYTES = 32;

/** What the machine is at one service: a host, or one that waits for an operator's word about its enrolment. */
export type Membership = {
  /** address of the service */
  readonly server: string;
} & Enrolled;

/** A key under a parent, which the TPM does not keep itself. Outside of this TPM it is worth nothing. */
export interface KeptAk extends KeptKey {
  readonly parent: AkParent;
  readonly type: AkType;
}

export interface AgentState {
  readonly unique: Uint8Array;
  /** null for a primary key, which {@link unique} gives again */
  readonly ak: KeptAk | null;
  /** name of the EK when the host enrolled, hexadecimal */
  readonly ek: string;
  readonly membership: Membership;
}

/** `unreadable`: there is something, and it is no state of this program. */
type Found = { readonly is: 'state'; readonly state: AgentState } | { readonly is: 'absent' | 'unreadable' };

const SCHEMA = 'assay.agent-state/1';
const FILE = 'state.json';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NAME = /^000[b-d]([0-9a-f]{2}){32,64}$/;

/** The state file in a folder. */
export class StateFile {
  readonly path: string;

  /** @param folder the state directory; made when only it is not there */
  constructor(folder: string) {
    this.path = join(folder, FILE);
  }

  async read(): Promise<Found> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      return { is: code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'unreadable' };
    }
    const state = parseState(text);
    return state === null ? { is: 'unreadable' } : { is: 'state', state };
  }

  /** Whether {@link write} can work: on an image that is read-only it cannot. */
  async writable(): Promise<boolean> {
    try {
      await this.#writeBeside('');
      await rm(this.#beside);
      return true;
    } catch {
      return false;
    }
  }

  /** Replaces the state as a whole: whoever reads, or starts after a crash, finds the old one or the new one. */
  async write({ unique, ak, ek, membership: { server, host, enrolment } }: AgentState): Promise<void> {
    const key = ak && { ...ak, public: toBase64url(ak.public), private: toBase64url(ak.private) };
    const document = { schema: SCHEMA, unique: toBase64url(unique), ak: key, ek, server, host, enrolment };
    await this.#writeBeside(`${JSON.stringify(document)}\n`);
    await rename(this.#beside, this.path);
    await synchronized(dirname(this.path), 'r');
  }

  get #beside(): string {
    return `${this.path}.new`;
  }

  async #writeBeside(text: string): Promise<void> {
    await mkdir(dirname(this.path), { mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST') throw cause;
    });
    // What a run that was cut short left behind may have other permissions.
    await rm(this.#beside, { force: true });
    await synchronized(this.#beside, 'wx', text);
  }
}

/** Opens, writes where there is something to write, and waits until the disk has it. */
async function synchronized(path: string, flags: 'r' | 'wx', text?: string): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    if (text !== undefined) await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Fields of JSON, not looked at yet. */
type Fields = Readonly<Record<string, unknown>>;

function parseState(text: string): AgentState | null {
  try {
    const { schema, unique, ak, ek, server, host, enrolment } = fields(parseJson(text));
    const bytes = binary(unique);
    const enrolled = enrolledFrom(host, enrolment);
    if (schema !== SCHEMA || bytes.length !== UNIQUE_BYTES || typeof server !== 'string') return null;
    if (!matches(ek, NAME) || enrolled === null) return null;
    return { unique: bytes, ak: ak === null ? null : keptAk(ak), ek, membership: { server, ...enrolled } };
  } catch (cause) {
    if (cause instanceof EvidenceError) return null;
    throw cause;
  }
}

function enrolledFrom(host: unknown, enrolment: unknown): Enrolled | null {
  if (matches(host, UUID) && enrolment === null) return { host, enrolment };
  return host === null && matches(enrolment, UUID) ? { host, enrolment } : null;
}

function keptAk(value: unknown): KeptAk {
  const ak = fields(value);
  const parent = AK_PARENTS.find((one) => one === ak['parent']);
  const type = AK_TYPES.find((one) => one === ak['type']);
  if (parent === undefined || type === undefined) throw new EvidenceError('state.ak', 'a key under no known parent');
  return { parent, type, public: binary(ak['public']), private: binary(ak['private']) };
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

/** @throws EvidenceError `text.base64url` */
function binary(value: unknown): Uint8Array {
  return fromBase64url(typeof value === 'string' ? value : '');
}
