/** `assay serve`. */

import type { Command } from 'commander';
import type { Io } from '../io.ts';

export interface ServeOptions {
  readonly config?: string;
  readonly data?: string;
  readonly database?: string;
  readonly policy?: readonly string[];
  readonly policies?: string;
  readonly catalogue?: string;
  readonly listen?: string;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly insecureBehindProxy?: true;
  readonly issuer?: string;
  readonly logLevel?: string;
}

export function registerServe(program: Command, io: Io): void {
  const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];
  program
    .command('serve')
    .summary('run the verifier service')
    .description(
      'Runs the verifier as an HTTP service. Each option can also stand in a YAML file (--config) or in the environment; ' +
        'an option wins over the environment, the environment over the file.',
    )
    .option('--config <file>', 'YAML file of these options (ASSAY_CONFIG)')
    .option('--data <dir>', 'the service’s own folder; holds the signing key, made on first use (ASSAY_DATA)')
    .option('--database <address>', 'SQLite file or postgres://… (ASSAY_DATABASE; default: assay.db in --data)')
    .option('--policy <file>', 'policy to load; may be given again (ASSAY_POLICY, separated by colons)', collect)
    .option('--policies <dir>', 'load every policy of a folder (ASSAY_POLICIES)')
    .option('--catalogue <dir>', 'folder of manifests, references and pins (ASSAY_CATALOGUE)')
    .option('--listen <address:port>', 'address and port (ASSAY_LISTEN; default 127.0.0.1:8480)')
    .option('--tls-certificate <file>', 'certificate with its chain, in PEM (ASSAY_TLS_CERTIFICATE)')
    .option('--tls-key <file>', 'its private key, in PEM (ASSAY_TLS_KEY)')
    .option(
      '--insecure-behind-proxy',
      'plain HTTP on any address, because a proxy in front ends TLS (ASSAY_INSECURE_BEHIND_PROXY=1)',
    )
    .option('--issuer <uri>', 'iss of the results (ASSAY_ISSUER)')
    .option('--log-level <level>', 'debug, info, warn, error or silent (ASSAY_LOG_LEVEL; default info)')
    .addHelpText(
      'after',
      `
Example:
  assay serve --data /var/lib/assay --policies /etc/assay/policies --listen 127.0.0.1:8480

The first start on a database writes a token of an administrator to admin-token in --data.
SIGTERM and SIGINT stop it: requests in flight are finished first. SIGHUP reads the certificate again.`,
    )
    .action(async (options: ServeOptions) => {
      const { serve } = await import('../actions/serve.ts');
      await serve(io, options);
    });
}
