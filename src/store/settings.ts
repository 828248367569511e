/** Single values of the service itself, by name. They may be secret: no event carries one. */

import type { Change } from './change.ts';
import type { Reader } from './schema.ts';

/**
 * `first-start-at`: when the service first used this database. `challenge-key`: the key its challenges are bound with, in base64url.
 */
export type SettingKey = 'first-start-at' | 'challenge-key';

export async function readSetting(reader: Reader, key: SettingKey): Promise<string | undefined> {
  const row = await reader.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  return row?.value;
}

/**
 * Sets a value that is not there yet.
 * @returns the value that is there now
 */
export async function ensureSetting(change: Change, key: SettingKey, value: string): Promise<string> {
  const present = await readSetting(change.read, key);
  if (present !== undefined) return present;
  await change.record({ action: 'setting.changed', subject: key, detail: {} }, (recorder) =>
    recorder.insertInto('settings').values({ key, value, updated_at: change.at }).execute(),
  );
  return value;
}
