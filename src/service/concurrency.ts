/** How many appraisals run at once. */

import type { RequestHandler } from 'express';
import { HttpProblem } from './problem-error.ts';

/** A handler that holds one of the places from the last byte of the body to the end of the answer. */
export function limitConcurrency(limit: number): RequestHandler {
  let running = 0;
  return (_request, response, next) => {
    if (running >= limit) {
      throw new HttpProblem('service.busy', `${limit} appraisals are running`, { headers: { 'retry-after': '1' } });
    }
    running++;
    response.once('close', () => running--);
    next();
  };
}
