/** Where the service listens. */

import { isIP, isIPv6 } from 'node:net';
import { UsageError } from '../bytes/errors.ts';

/** An address and a port. */
export interface ListenAddress {
  readonly host: string;
  /** 0: any free port */
  readonly port: number;
}

/**
 * Reads `127.0.0.1:8080` or `[::1]:8080`. A name is not taken: it could resolve elsewhere.
 * @throws UsageError `listen.invalid`
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:]{2,39})\]|([^\s:]{1,255})):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || isIP(host) === 0 || port > 65535) {
    throw new UsageError(
      'listen.invalid',
      `--listen ${text} is not an address and a port`,
      'write for example 127.0.0.1:8080',
    );
  }
  return { host, port };
}

/** Whether a literal address is loopback: 127.0.0.0/8 (RFC 1122) or ::1. */
export function isLoopback(host: string): boolean {
  if (isIPv6(host)) return host === '::1';
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host) && host.split('.').every((part) => Number(part) <= 255);
}
