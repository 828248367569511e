/** Endorsement keys that the operator expects: a host that brings one is ours. */

import type { Change } from './change.ts';
import type { Reader } from './schema.ts';

export interface EkPin {
  readonly id: string;
  readonly kind: 'ek-name' | 'ek-spki-sha256';
  /** lower-case hexadecimal */
  readonly value: string;
  /** label and policy of the host that will bring it */
  readonly name: string;
  readonly policy: string | null;
  readonly createdBy: string;
  readonly createdAt: number;
}

export type NewEkPin = Omit<EkPin, 'createdBy' | 'createdAt'>;

/** @returns whether it was new */
export async function addEkPin(change: Change, { id, kind, value, name, policy }: NewEkPin): Promise<boolean> {
  if ((await findEkPin(change.read, kind, value)) !== undefined) return false;
  await change.record({ action: 'ek-pin.added', subject: id, detail: { kind, value, name, policy } }, (recorder) =>
    recorder
      .insertInto('ek_pins')
      .values({ id, kind, value, name, policy, created_by: change.by, created_at: change.at })
      .execute(),
  );
  return true;
}

/** @returns whether there was one */
export async function removeEkPin(change: Change, id: string): Promise<boolean> {
  const pin = await selectPins(change.read).where('id', '=', id).executeTakeFirst();
  if (pin === undefined) return false;
  const detail = { kind: pin.kind, value: pin.value, name: pin.name };
  await change.record({ action: 'ek-pin.removed', subject: id, detail }, (recorder) =>
    recorder.deleteFrom('ek_pins').where('id', '=', id).execute(),
  );
  return true;
}

export function findEkPin(reader: Reader, kind: EkPin['kind'], value: string): Promise<EkPin | undefined> {
  return selectPins(reader).where('kind', '=', kind).where('value', '=', value).executeTakeFirst();
}

export interface EkPinQuery {
  /** pins whose id comes after this one */
  readonly after?: string;
  readonly limit: number;
}

export function listEkPins(reader: Reader, { after, limit }: EkPinQuery): Promise<EkPin[]> {
  const query = selectPins(reader).orderBy('id').limit(limit);
  return (after === undefined ? query : query.where('id', '>', after)).execute();
}

function selectPins(reader: Reader) {
  return reader
    .selectFrom('ek_pins')
    .select(['id', 'kind', 'value', 'name', 'policy', 'created_by as createdBy', 'created_at as createdAt']);
}
