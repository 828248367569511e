/** `/v1/events`: the record of changes, page by page. */

import type { RequestHandler } from 'express';
import type { EventList } from '../../api/event-schemas.ts';
import { listEvents } from '../../store/events.ts';
import { rfc3339, sendJson } from '../answer.ts';
import { readQuery } from '../query.ts';
import type { ServiceContext } from '../settings.ts';

export function listEventsRoute({ store }: ServiceContext): RequestHandler {
  return async (request, response) => {
    const query = readQuery(request, ['after', 'limit', 'subject']);
    const after = query.number('after', { least: 0, most: Number.MAX_SAFE_INTEGER }) ?? 0;
    const limit = query.limit();
    const subject = query.text('subject', /^[a-z-]{1,40}:[^\p{C}]{1,200}$/u, 'kind:id');
    const events = await listEvents(store.read, {
      after,
      limit,
      ...(subject !== undefined && { subject: splitSubject(subject) }),
    });
    const page: EventList = {
      events: events.map((event) => ({ ...event, at: rfc3339(event.at) })),
      next: events.length === limit ? events.at(-1)!.seq : null,
    };
    sendJson(response, 200, page);
  };
}

function splitSubject(subject: string): { readonly kind: string; readonly id: string } {
  const colon = subject.indexOf(':');
  return { kind: subject.slice(0, colon), id: subject.slice(colon + 1) };
}
