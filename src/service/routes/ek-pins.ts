/** `/v1/ek-pins`: endorsement keys are pinned, listed and unpinned. */

import type { Request, RequestHandler, Response } from 'express';
import { MOST_PINS, NewEkPins, type EkPinList, type EkPinsAdded } from '../../api/ek-pin-schemas.ts';
import { printable } from '../../bytes/text.ts';
import { UUID_RANDOM_BYTES, uuidV7 } from '../../bytes/uuid.ts';
import { addEkPin, listEkPins, removeEkPin } from '../../store/ek-pins.ts';
import { rfc3339, sendJson } from '../answer.ts';
import { causeOf } from '../guard.ts';
import { readJson, receiveJson } from '../json-body.ts';
import { findPolicy } from '../policies.ts';
import { HttpProblem } from '../problem-error.ts';
import { readQuery } from '../query.ts';
import type { ServiceContext } from '../settings.ts';

/** A full request: a pin takes some 500 bytes, and is five values. */
const BODY_BYTES = 1024 * 1024;
const BODY_VALUES = MOST_PINS * 10;

export function addEkPinsRoute(context: ServiceContext): RequestHandler[] {
  const limits = { ...context.limits, bodyBytes: Math.min(context.limits.bodyBytes, BODY_BYTES) };
  return [...receiveJson(limits), (request, response) => add(context, request, response)];
}

async function add(context: ServiceContext, request: Request, response: Response): Promise<void> {
  const { pins, reason } = readJson(NewEkPins, request.body, BODY_VALUES);
  for (const policy of new Set(pins.map((pin) => pin.policy))) findPolicy(context.policies, policy);
  const cause = causeOf(context, response, reason);
  const added = pins.map((pin) => ({ id: uuidV7(cause.at, context.random(UUID_RANDOM_BYTES)), ...pin }));
  await context.store.change(cause, async (change) => {
    for (const [index, pin] of added.entries()) {
      if (await addEkPin(change, pin)) continue;
      const errors = [{ pointer: `/pins/${index}/value`, detail: 'the key is pinned already' }];
      throw new HttpProblem('ek-pin.exists', `${pin.kind} ${pin.value} is pinned already`, { errors });
    }
  });
  const answer: EkPinsAdded = { ids: added.map(({ id }) => id) };
  sendJson(response, 201, answer);
}

export function listEkPinsRoute({ store }: ServiceContext): RequestHandler {
  return async (request, response) => {
    const asked = readQuery(request, ['after', 'limit']).page();
    const pins = await listEkPins(store.read, asked);
    const page: EkPinList = {
      pins: pins.map((pin) => ({ ...pin, createdAt: rfc3339(pin.createdAt) })),
      next: pins.length === asked.limit ? pins.at(-1)!.id : null,
    };
    sendJson(response, 200, page);
  };
}

export function removeEkPinRoute(context: ServiceContext): RequestHandler {
  return async (request, response) => {
    const id = String(request.params['id']);
    const reason = readQuery(request, ['reason']).reason();
    await context.store.change(causeOf(context, response, reason), async (change) => {
      if (!(await removeEkPin(change, id))) {
        throw new HttpProblem('ek-pin.unknown', `no pin ${printable(id, 40)} is there`);
      }
    });
    response.status(204).end();
  };
}
