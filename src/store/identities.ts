/** What makes a host the one it is: names and digests of keys that its TPM was made with. One identity is of one host, for ever. */

import type { Change } from './change.ts';
import type { IdentityKind, Reader } from './schema.ts';

export interface Identity {
  readonly kind: IdentityKind;
  /** lower-case hexadecimal */
  readonly value: string;
}

export interface HostIdentity extends Identity {
  readonly hostId: string;
  readonly state: 'active' | 'retired';
  readonly sinceAt: number;
  readonly untilAt: number | null;
}

/**
 * Gives a host an identity, unless another host has it or had it.
 * @returns the host that has it now: another one than asked for is a refusal, and nothing is changed
 */
export async function addIdentity(change: Change, hostId: string, { kind, value }: Identity): Promise<string> {
  const known = await findIdentity(change.read, { kind, value });
  if (known !== undefined && (known.hostId !== hostId || known.state === 'active')) return known.hostId;
  const detail = { kind, value };
  await change.record({ action: 'host.identity-added', subject: hostId, detail }, (recorder) =>
    recorder
      .insertInto('host_identities')
      .values({ kind, value, host_id: hostId, state: 'active', since_at: change.at, until_at: null })
      .onConflict((conflict) => conflict.columns(['kind', 'value']).doUpdateSet({ state: 'active', until_at: null }))
      .execute(),
  );
  return hostId;
}

/** @returns whether the host had it */
export async function retireIdentity(change: Change, hostId: string, { kind, value }: Identity): Promise<boolean> {
  const known = await findIdentity(change.read, { kind, value });
  if (known === undefined || known.hostId !== hostId || known.state === 'retired') return false;
  const detail = { kind, value };
  await change.record({ action: 'host.identity-retired', subject: hostId, detail }, (recorder) =>
    recorder
      .updateTable('host_identities')
      .set({ state: 'retired', until_at: change.at })
      .where('kind', '=', kind)
      .where('value', '=', value)
      .execute(),
  );
  return true;
}

/** The host an identity belongs to, retired or not. */
export async function findIdentity(reader: Reader, { kind, value }: Identity): Promise<HostIdentity | undefined> {
  const row = await selectIdentities(reader).where('kind', '=', kind).where('value', '=', value).executeTakeFirst();
  return row;
}

export function identitiesOf(reader: Reader, hostId: string): Promise<HostIdentity[]> {
  return selectIdentities(reader).where('host_id', '=', hostId).orderBy('kind').orderBy('value').execute();
}

function selectIdentities(reader: Reader) {
  return reader
    .selectFrom('host_identities')
    .select(['kind', 'value', 'host_id as hostId', 'state', 'since_at as sinceAt', 'until_at as untilAt']);
}
