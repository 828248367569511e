/**
 * Receives request bodies before anything else is spent on them. A client decides how slowly its body comes, so a body that is
 * under way holds no appraisal's place: it only counts towards the memory that all of them may hold.
 */

import express, { type RequestHandler } from 'express';
import { HttpProblem } from './problem-error.ts';
import type { ServiceLimits } from './settings.ts';

/** A body under way. */
interface Incoming {
  bytes: number;
  /** takes it off the list and goes on: to the next handler, or to a refusal */
  readonly end: (refusal?: unknown) => void;
}

/** Reads the whole body as bytes, and refuses one that comes too slowly, or is the largest when all of them hold too much. */
export function receiveBody(limits: ServiceLimits): RequestHandler {
  const read = express.raw({ type: 'application/json', limit: limits.bodyBytes, inflate: false });
  const incoming = new Set<Incoming>();
  let held = 0;
  return (request, response, next) => {
    const count = (chunk: Buffer): void => {
      body.bytes += chunk.length;
      held += chunk.length;
      if (held > limits.receivingBytes) largest(incoming).end(tooMuch(limits));
    };
    const slow = whenTooSlow(
      limits,
      () => body.bytes,
      () => body.end(tooSlow(limits)),
    );
    const body: Incoming = {
      bytes: 0,
      end(refusal) {
        if (!incoming.delete(body)) return;
        held -= body.bytes;
        clearInterval(slow);
        request.off('data', count);
        next(refusal);
      },
    };
    incoming.add(body);
    request.on('data', count);
    read(request, response, body.end);
  };
}

/** The one to refuse when memory runs short: whoever sends small bodies is not kept out by whoever sends large ones. */
function largest(incoming: Iterable<Incoming>): Incoming {
  return [...incoming].reduce((most, body) => (body.bytes > most.bytes ? body : most));
}

/** Counts in bytes, by ticks: a body may lag behind the rate by what the grace time is worth. */
function whenTooSlow(limits: ServiceLimits, received: () => number, refuse: () => void): NodeJS.Timeout {
  const perMillisecond = limits.bodyBytesPerSecond / 1000;
  let due = -limits.bodyGrace * perMillisecond;
  return setInterval(() => {
    due += limits.timeoutInterval * perMillisecond;
    if (due >= received()) refuse();
  }, limits.timeoutInterval);
}

function tooSlow({ bodyBytesPerSecond, bodyGrace }: ServiceLimits): HttpProblem {
  const detail = `the body came at less than ${bodyBytesPerSecond} bytes a second, after the first ${bodyGrace} milliseconds`;
  return new HttpProblem('request.timeout', detail, { headers: { connection: 'close' } });
}

function tooMuch({ receivingBytes }: ServiceLimits): HttpProblem {
  const detail = `the bodies being received hold more than ${receivingBytes} bytes, and this is the largest`;
  return new HttpProblem('service.busy', detail, { headers: { connection: 'close', 'retry-after': '1' } });
}
