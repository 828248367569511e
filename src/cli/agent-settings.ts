/** Settings of the commands that run on a host, from options, environment and file, in that order. */

import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { AK_PARENTS } from '../agent/host-tpm.ts';
import { AK_TYPES, type TpmSettings } from '../agent/tpm-settings.ts';
import { EvidenceError, UsageError } from '../bytes/errors.ts';
import { parseJson } from '../bytes/json.ts';
import { readAuthorization } from './authorization-file.ts';
import { readText } from './input.ts';

/** Each setting with its variable; the key in the file and the option have its name. */
const VARIABLES = {
  server: 'ASSAY_SERVER',
  ca: 'ASSAY_CA',
  pin: 'ASSAY_PIN',
  joinToken: 'ASSAY_JOIN_TOKEN',
  state: 'ASSAY_STATE',
  tcti: 'ASSAY_TCTI',
  akType: 'ASSAY_AK_TYPE',
  akParent: 'ASSAY_AK_PARENT',
  ek: 'ASSAY_EK',
  ownerAuth: 'ASSAY_OWNER_AUTH',
  endorsementAuth: 'ASSAY_ENDORSEMENT_AUTH',
  firmwareLog: 'ASSAY_FIRMWARE_LOG',
  imaLog: 'ASSAY_IMA_LOG',
  systemdLog: 'ASSAY_SYSTEMD_LOG',
  bootId: 'ASSAY_BOOT_ID',
} as const;
type Name = keyof typeof VARIABLES;
const NAMES = Object.keys(VARIABLES) as Name[];

/** Settings that name files and folders: in the file, relative to it. */
const PATHS: ReadonlySet<Name> = new Set([
  ...(['ca', 'joinToken', 'state', 'ownerAuth', 'endorsementAuth'] as const),
  ...(['firmwareLog', 'imaLog', 'systemdLog', 'bootId'] as const),
]);

const DEFAULTS = {
  state: '/var/lib/assay-agent',
  akType: 'ecc',
  akParent: 'endorsement',
  firmwareLog: '/sys/kernel/security/tpm0/binary_bios_measurements',
  imaLog: '/sys/kernel/security/ima/binary_runtime_measurements',
  systemdLog: '/run/log/systemd/tpm2-measure.log',
  bootId: '/proc/sys/kernel/random/boot_id',
} as const;

const CONFIG = '/etc/assay/agent.json';

/** What a command line gives. */
export type AgentOptions = Readonly<Partial<Record<Name | 'config', string>>>;

export interface HostSettings {
  readonly state: string;
  readonly tpm: TpmSettings;
  readonly firmwareLog: string;
  readonly imaLog: string;
  readonly systemdLog: string;
  readonly bootId: string;
}

export interface ServiceSettings {
  readonly server: string;
  /** PEM */
  readonly ca: string | undefined;
  readonly pin: string | undefined;
  readonly joinToken: string | undefined;
}

type Values = Readonly<Partial<Record<Name, string>>>;

/**
 * @param fallback the file that is read where none is named, if it is there
 * @throws UsageError `config.invalid`, `agent.*`, `input.*`
 */
export function agentValues(
  { config, ...options }: AgentOptions,
  env: Readonly<Record<string, string | undefined>>,
  fallback = CONFIG,
): Values {
  const named = config ?? (env['ASSAY_AGENT_CONFIG'] || undefined);
  const file = named ?? (existsSync(fallback) ? fallback : undefined);
  const fromFile = file === undefined ? {} : readConfig(file);
  const values: Partial<Record<Name, string>> = {};
  for (const name of NAMES) {
    const value = options[name] ?? (env[VARIABLES[name]] || undefined) ?? fromFile[name];
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function readConfig(path: string): Values {
  const invalid = (why: string): UsageError =>
    new UsageError(
      'config.invalid',
      `${path}: ${why}`,
      `correct the file; it may hold ${NAMES.join(', ')}, each a string`,
    );
  let value: unknown;
  try {
    value = parseJson(readText(path, '--config'));
  } catch (cause) {
    if (cause instanceof EvidenceError) throw invalid(cause.message);
    throw cause;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('not an object');
  const values: Partial<Record<Name, string>> = {};
  for (const [key, setting] of Object.entries(value)) {
    const name = NAMES.find((one) => one === key);
    if (name === undefined) throw invalid(`the unknown key ${JSON.stringify(key)}`);
    if (typeof setting !== 'string' || setting === '') throw invalid(`${key} must be a string that is not empty`);
    values[name] = PATHS.has(name) ? resolve(dirname(path), setting) : setting;
  }
  return values;
}

/** @throws UsageError `agent.choice`, and as {@link readAuthorization} */
export function hostSettings(values: Values): HostSettings {
  const { ownerAuth, endorsementAuth } = values;
  const { state, akType, akParent, ek, firmwareLog, imaLog, systemdLog, bootId, tcti } = { ...DEFAULTS, ...values };
  return {
    state,
    tpm: {
      tcti,
      akType: choice('akType', akType, AK_TYPES),
      akParent: choice('akParent', akParent, AK_PARENTS),
      ek: ek?.split(','),
      auth: {
        ...(ownerAuth !== undefined && { owner: readAuthorization(ownerAuth, '--owner-auth') }),
        ...(endorsementAuth !== undefined && {
          endorsement: readAuthorization(endorsementAuth, '--endorsement-auth'),
        }),
      },
    },
    firmwareLog,
    imaLog,
    systemdLog,
    bootId,
  };
}

/** @throws UsageError `agent.no-server`, `agent.pin`, `agent.join-token`, `input.*` */
export function serviceSettings({ server, ca, pin, joinToken }: Values): ServiceSettings {
  if (server === undefined) {
    throw new UsageError(
      'agent.no-server',
      'no service is given',
      `give --server https://HOST:PORT, ASSAY_SERVER, or "server" in ${CONFIG}`,
    );
  }
  if (pin !== undefined && !/^[A-Za-z0-9+/]{43}=$/.test(pin)) {
    throw new UsageError(
      'agent.pin',
      `--pin ${pin} is not base64 of a SHA-256`,
      'give base64 of SHA-256 over the service key’s SubjectPublicKeyInfo',
    );
  }
  return {
    server,
    ca: ca === undefined ? undefined : readText(ca, '--ca'),
    pin,
    joinToken: joinToken === undefined ? undefined : readToken(joinToken),
  };
}

/** What the service takes at most. */
const MAX_TOKEN = 200;

function readToken(path: string): string {
  const token = readText(path, '--join-token').trim();
  if (token !== '' && token.length <= MAX_TOKEN) return token;
  throw new UsageError(
    'agent.join-token',
    `--join-token ${path}: holds no token`,
    'put the token alone into the file, as the operator gave it',
  );
}

function choice<T extends string>(name: Name, value: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === value);
  if (found !== undefined) return found;
  throw new UsageError('agent.choice', `${name} ${value} is unknown`, `write ${choices.join(', or ')}`);
}
