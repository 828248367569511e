/** Where the service listens. */

import { isIPv6 } from 'node:net';
import { UsageError } from '../bytes/errors.ts';

/** A loopback address and a port. */
export interface ListenAddress {
  readonly host: string;
  /** 0: any free port */
  readonly port: number;
}

/**
 * Reads `127.0.0.1:8080` or `[::1]:8080`. Until callers have roles, only loopback is accepted, and only as an address: a name
 * could resolve elsewhere.
 * @throws UsageError `listen.invalid`, `listen.not-loopback`
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:]{2,39})\]|([^\s:]{1,255})):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65535) {
    throw new UsageError(
      'listen.invalid',
      `--listen ${text} is not an address and a port`,
      'write for example 127.0.0.1:8080',
    );
  }
  if (!isLoopback(host)) {
    throw new UsageError(
      'listen.not-loopback',
      `--listen ${text}: callers are not authenticated yet, so only a loopback address is accepted`,
      `write 127.0.0.1:${port} or [::1]:${port}`,
    );
  }
  return { host, port };
}

/** Whether a literal address is loopback: 127.0.0.0/8 (RFC 1122) or ::1. */
function isLoopback(host: string): boolean {
  if (isIPv6(host)) return host === '::1';
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host) && host.split('.').every((part) => Number(part) <= 255);
}
