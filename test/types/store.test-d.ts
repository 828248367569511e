/**
 * No change without its event is carried by types: each write below must fail to compile. `npm run types` reads this file; nothing
 * runs it. An expected error that does not come is an error itself.
 */
import type { Change } from '../../src/store/change.ts';
import { createHost } from '../../src/store/hosts.ts';
import type { Store } from '../../src/store/open.ts';
import type { Keeper, Recorder } from '../../src/store/schema.ts';

declare const store: Store;
declare const change: Change;
declare const host: { id: string; name: string; policy: null; state: 'active' };

// @ts-expect-error a reader does not write
store.read.insertInto('settings');
// @ts-expect-error a reader does not write in a change either
change.read.updateTable('hosts');
// @ts-expect-error what the operator decided is not written without an event
store.keep.updateTable('hosts');
// @ts-expect-error nor in a change
change.keep.insertInto('tokens');
// @ts-expect-error events come with what they are about
store.keep.insertInto('events');
// @ts-expect-error an enrolment gets no further without an event
store.keep.updateTable('enrolments').set({ state: 'enrolled' });
// @ts-expect-error a host is not made by whoever may keep content
export const made: Promise<void> = createHost(store.keep, host);
// @ts-expect-error the handle that comes with an event writes what needs one
export const recorder: Recorder = store.keep;
// @ts-expect-error and not events themselves
export const write = (it: Recorder) => it.deleteFrom('events');
// @ts-expect-error a row that follows from content keeps its id
export const move = (keep: Keeper) => keep.updateTable('boots').set({ host_id: 'another' });

/** The lines above fail for their own reason: these compile. */
export const kept = [
  store.read.selectFrom('hosts').selectAll(),
  store.keep.updateTable('enrolments').set({ state: 'expired' }),
  change.record({ action: 'host.changed', subject: 'a', detail: {} }, (it) => it.deleteFrom('ek_pins').execute()),
];
