/** What `assay events` does. */

import type { EventList } from '../../api/event-schemas.ts';
import type { EventsOptions } from '../commands/events.ts';
import type { Io } from '../io.ts';
import { operatorClient } from '../operator-client.ts';
import { renderTable } from '../render/table.ts';

/** @throws UsageError as {@link operatorClient} */
export async function showEvents(io: Io, options: EventsOptions): Promise<void> {
  const query = new URLSearchParams();
  for (const name of ['after', 'limit', 'subject'] as const) {
    const value = options[name];
    if (value !== undefined) query.set(name, value);
  }
  const path = query.size === 0 ? '/v1/events' : `/v1/events?${query.toString()}`;
  const page = await operatorClient(io, options)<EventList>({ method: 'GET', path });
  if (options.json === true) {
    io.out(`${JSON.stringify({ schema: 'assay.events/1', ...page })}\n`);
    return;
  }
  const rows = page.events.map(({ seq, at, actor, action, subject, reason }) => [
    String(seq),
    at,
    actor,
    action,
    subject.id,
    reason ?? '',
  ]);
  io.out(renderTable(io.outStyle, ['number', 'when', 'who', 'what', 'of', 'why'], rows));
  if (page.next !== null) io.err(`more: --after ${page.next}\n`);
}
