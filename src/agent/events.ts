/** What the agent says about its work: events with fields, one line each. No nonce, secret or token is ever in one. */

/** `info`: as intended; `warn`: it goes on, something is to be done; `error`: it ends. */
export type EventLevel = 'info' | 'warn' | 'error';

export type EventFields = Readonly<Record<string, string | number | boolean | null>>;

/** Takes one event. */
export type EventLog = (level: EventLevel, event: string, fields?: EventFields) => void;

/** An event as one line of JSON. Words of the service or of the system cannot break the line: JSON escapes what would. */
export function jsonLine(level: EventLevel, event: string, fields: EventFields = {}): string {
  return `${JSON.stringify({ level, event, ...fields })}\n`;
}

/** An event for people. */
export function plainLine(level: EventLevel, event: string, fields: EventFields = {}): string {
  const words = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${[level, event, ...words].join(' ')}\n`;
}
