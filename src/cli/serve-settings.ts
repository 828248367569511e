/** Settings of `assay serve` from options, environment and file, in that order. */

import { dirname, resolve } from 'node:path';
import * as z from 'zod/mini';
import { PolicyError, UsageError } from '../bytes/errors.ts';
import { parseStrictYaml } from '../policy/document.ts';
import { parseDocument } from '../references/schema.ts';
import { isLoopback, parseListenAddress, type ListenAddress } from '../service/listen-address.ts';
import { DEFAULT_LIMITS, type ServiceLimits } from '../service/settings.ts';
import type { TlsFiles } from '../service/tls.ts';
import type { ServeOptions } from './commands/serve.ts';
import { readText } from './input.ts';

const LogLevel = z.enum(['debug', 'info', 'warn', 'error', 'silent']);
type LogLevel = z.infer<typeof LogLevel>;

const atLeast = (least: number, most: number) =>
  z.optional(z.number().check(z.int(), z.minimum(least), z.maximum(most)));
const positive = (most: number) => atLeast(1, most);

const HOUR = 3_600_000;
const MOST_BYTES = 2 ** 40;

const ConfigFile = z.strictObject({
  data: z.optional(z.string()),
  database: z.optional(z.string()),
  policy: z.optional(z.array(z.string())),
  policies: z.optional(z.string()),
  catalogue: z.optional(z.string()),
  listen: z.optional(z.string()),
  tlsCertificate: z.optional(z.string()),
  tlsKey: z.optional(z.string()),
  insecureBehindProxy: z.optional(z.boolean()),
  issuer: z.optional(z.string()),
  logLevel: z.optional(LogLevel),
  limits: z.optional(
    z.strictObject({
      bodyBytes: positive(DEFAULT_LIMITS.bodyBytes),
      receivingBytes: atLeast(DEFAULT_LIMITS.bodyBytes, MOST_BYTES),
      concurrent: positive(1024),
      ratePerSecond: positive(100_000),
      rateBurst: positive(100_000),
      handshakeTimeout: positive(HOUR),
      headersTimeout: positive(HOUR),
      requestTimeout: positive(HOUR),
      bodyBytesPerSecond: positive(DEFAULT_LIMITS.bodyBytes),
      bodyGrace: positive(HOUR),
      keepAliveTimeout: positive(HOUR),
      connections: positive(65_535),
      connectionsPerAddress: positive(65_535),
      shutdownGrace: positive(HOUR),
    }),
  ),
});
type ConfigFile = z.infer<typeof ConfigFile>;

export interface ServeSettings {
  readonly data: string;
  /** address of the database; default: a file in `data` */
  readonly database: string | undefined;
  readonly policyFiles: readonly string[];
  /** a folder, every policy of which is loaded */
  readonly policies: string | undefined;
  readonly catalogue: string | undefined;
  readonly listen: ListenAddress;
  readonly tls: TlsFiles | undefined;
  /** TLS ends at a proxy, so that every caller seems to be that proxy */
  readonly insecureBehindProxy: boolean;
  readonly issuer: string | undefined;
  readonly logLevel: LogLevel;
  readonly limits: ServiceLimits;
}

const DEFAULT_LISTEN = '127.0.0.1:8480';

/** @throws UsageError `config.invalid`, `serve.no-data`, `serve.issuer`, `serve.log-level`, `serve.tls`, `listen.*`, `input.*` */
export function serveSettings(options: ServeOptions, env: Readonly<Record<string, string | undefined>>): ServeSettings {
  const variable = (name: string): string | undefined => env[name] || undefined;
  const file = readConfig(options.config ?? variable('ASSAY_CONFIG'));
  const data = options.data ?? variable('ASSAY_DATA') ?? file.data;
  if (data === undefined) {
    throw new UsageError(
      'serve.no-data',
      'no data folder is given',
      'give --data DIR, ASSAY_DATA, or data: in --config',
    );
  }
  const listen = parseListenAddress(options.listen ?? variable('ASSAY_LISTEN') ?? file.listen ?? DEFAULT_LISTEN);
  const insecureBehindProxy =
    options.insecureBehindProxy ??
    (variable('ASSAY_INSECURE_BEHIND_PROXY') === '1' || (file.insecureBehindProxy ?? false));
  const tls = tlsFiles(
    options.tlsCertificate ?? variable('ASSAY_TLS_CERTIFICATE') ?? file.tlsCertificate,
    options.tlsKey ?? variable('ASSAY_TLS_KEY') ?? file.tlsKey,
  );
  if (tls === undefined && !insecureBehindProxy) requireLoopback(listen);
  const issuer = options.issuer ?? variable('ASSAY_ISSUER') ?? file.issuer;
  return {
    data,
    database: options.database ?? variable('ASSAY_DATABASE') ?? file.database,
    policyFiles: options.policy ?? variable('ASSAY_POLICY')?.split(':') ?? file.policy ?? [],
    policies: options.policies ?? variable('ASSAY_POLICIES') ?? file.policies,
    catalogue: options.catalogue ?? variable('ASSAY_CATALOGUE') ?? file.catalogue,
    listen,
    tls,
    insecureBehindProxy,
    issuer: issuer === undefined ? undefined : requireUri(issuer),
    logLevel: requireLevel(options.logLevel ?? variable('ASSAY_LOG_LEVEL') ?? file.logLevel ?? 'info'),
    limits: { ...DEFAULT_LIMITS, ...defined(file.limits ?? {}) },
  };
}

/** Paths in the file are relative to it. */
function readConfig(path: string | undefined): ConfigFile {
  if (path === undefined) return {};
  const text = readText(path, '--config');
  let file: ConfigFile;
  try {
    file = parseDocument(ConfigFile, parseStrictYaml(text, 'configuration'), 'config.invalid', 'configuration');
  } catch (cause) {
    if (!(cause instanceof PolicyError)) throw cause;
    throw new UsageError(
      'config.invalid',
      `${path}: ${cause.message}`,
      'correct the file; `assay serve --help` lists the settings',
    );
  }
  const beside = (name: string): string => resolve(dirname(path), name);
  return {
    ...file,
    ...(file.data !== undefined && { data: beside(file.data) }),
    ...(file.database !== undefined && { database: databaseBeside(file.database, beside) }),
    ...(file.tlsCertificate !== undefined && { tlsCertificate: beside(file.tlsCertificate) }),
    ...(file.tlsKey !== undefined && { tlsKey: beside(file.tlsKey) }),
    ...(file.policy !== undefined && { policy: file.policy.map(beside) }),
    ...(file.policies !== undefined && { policies: beside(file.policies) }),
    ...(file.catalogue !== undefined && { catalogue: beside(file.catalogue) }),
  };
}

/** Only a path is relative to the file. */
function databaseBeside(address: string, beside: (name: string) => string): string {
  return /^[a-z]+:\/\//.test(address) ? address : beside(address.replace(/^sqlite:/, ''));
}

function defined(limits: NonNullable<ConfigFile['limits']>): Partial<ServiceLimits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

/** One without the other is a mistake, never plain HTTP. */
function tlsFiles(certificate: string | undefined, key: string | undefined): TlsFiles | undefined {
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  if (certificate === undefined && key === undefined) return undefined;
  const missing = certificate === undefined ? '--tls-certificate' : '--tls-key';
  throw new UsageError('serve.tls', `${missing} is missing`, 'give certificate and key, or neither');
}

/** Tokens and evidence do not cross a network in the clear. */
function requireLoopback({ host, port }: ListenAddress): void {
  if (isLoopback(host)) return;
  throw new UsageError(
    'listen.not-loopback',
    `--listen ${host}:${port} is reached from other machines, and without TLS`,
    'give --tls-certificate and --tls-key, or listen on 127.0.0.1; --insecure-behind-proxy if a proxy in front ends TLS',
  );
}

function requireUri(issuer: string): string {
  if (URL.canParse(issuer)) return issuer;
  throw new UsageError('serve.issuer', `--issuer ${issuer} is not a URI`, 'write for example https://verifier.example');
}

function requireLevel(level: string): LogLevel {
  const result = z.safeParse(LogLevel, level);
  if (result.success) return result.data;
  throw new UsageError(
    'serve.log-level',
    `--log-level ${level} is unknown`,
    'write debug, info, warn, error or silent',
  );
}
