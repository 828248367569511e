/** The agent: enrols where it has to, attests, waits, and goes on until it is told to stop. */

import { ProblemResponse, type AgentClient } from '../api/client.ts';
import { EvidenceError } from '../bytes/errors.ts';
import { attest, keyName, type Attested } from './attestation.ts';
import { backOff, untilNext, wait } from './delay.ts';
import { randomFraction, type Edge } from './edge.ts';
import { enrol, enrolmentNow, EnrolmentPending, type Enrolled } from './enrolment.ts';
import type { EventLog } from './events.ts';
import type { EvidenceSources } from './evidence.ts';
import { hostHints } from './hints.ts';
import type { Installation } from './installation.ts';
import { reactionTo, troubleOf, type Trouble } from './reaction.ts';
import { TpmError } from './tss2/errors.ts';

export interface AgentParts {
  readonly client: AgentClient;
  /** address of the service, as the state names it */
  readonly server: string;
  readonly installation: Installation;
  readonly sources: EvidenceSources;
  readonly joinToken: string | undefined;
  readonly edge: Edge;
  readonly log: EventLog;
}

/** How often one attestation may begin anew at once: with another challenge, or after enrolling again. */
const TRIES = 3;
/** Operators act in minutes at best: the least time between two questions whether one has. */
const OPERATOR = 15_000;
/** A machine that resumed has other things to do in its first moments. */
const AFTER_RESUME = 5_000;

export class Agent {
  readonly #parts: AgentParts;
  /** in a row */
  #failures = 0;
  /** of the last evidence, so that what stays missing is said once */
  #missing = '';

  constructor(parts: AgentParts) {
    this.#parts = parts;
  }

  /**
   * Enrols, whatever the state says.
   * @throws EnrolmentRefused; ProblemResponse; what TPM and transport reject with
   */
  async enrol(): Promise<Enrolled> {
    const { client, installation, sources, joinToken, server, log } = this.#parts;
    const tpm = await installation.tpm();
    const ek = await tpm.endorsementKey();
    const name = keyName(ek.public);
    const replaces = installation.formerHost(server, name);
    const enrolled = await enrol({ client, tpm, ek, hints: hostHints(sources.words), joinToken, replaces });
    await installation.join({ server, ...enrolled }, name);
    if (enrolled.enrolment === null) log('info', 'enrolled', { host: enrolled.host });
    else log('info', 'enrolment-pending', { enrolment: enrolled.enrolment });
    return enrolled;
  }

  /**
   * The host this machine is at the service, after an enrolment where it takes one.
   * @throws EnrolmentPending, EnrolmentRefused; ProblemResponse; what TPM and transport reject with
   */
  async host(): Promise<string> {
    const { installation, server, log } = this.#parts;
    const membership = installation.membership(server);
    let enrolled: Enrolled | null = membership;
    if (membership !== null && membership.enrolment !== null) {
      enrolled = await this.#decided(membership.enrolment);
      if (enrolled?.enrolment === null) {
        await installation.approved(enrolled.host);
        log('info', 'enrolled', { host: enrolled.host });
      }
    }
    enrolled ??= await this.enrol();
    if (enrolled.enrolment !== null) throw new EnrolmentPending(enrolled.enrolment);
    return enrolled.host;
  }

  /** An enrolment the service no longer knows is over, as an expired one is. */
  async #decided(enrolment: string): Promise<Enrolled | null> {
    try {
      return await enrolmentNow(this.#parts.client, enrolment);
    } catch (error) {
      if (error instanceof ProblemResponse && error.status === 404) return null;
      throw error;
    }
  }

  /**
   * One attestation, after an enrolment where it takes one.
   * @throws EnrolmentPending, EnrolmentRefused, OtherKey; UsageError; ProblemResponse; what TPM, logs and transport reject with
   */
  async attest(): Promise<Attested> {
    const { client, installation, sources, log, edge } = this.#parts;
    for (let tries = 1; ; tries++) {
      const host = await this.host();
      try {
        const attested = await attest(client, await installation.tpm(), sources, host, edge);
        this.#say(host, attested);
        return attested;
      } catch (error) {
        const { does } = reactionTo(error);
        if (tries === TRIES || (does !== 'challenge' && does !== 'enrol')) throw error;
        log('info', does === 'enrol' ? 'enrols-again' : 'asks-again', { ...troubleOf(error) });
        if (does === 'enrol') await this.enrol();
      }
    }
  }

  #say(host: string, { response, missing }: Attested): void {
    const { log } = this.#parts;
    const { verdict, weakestLink, nextAttestationSeconds } = response;
    log('info', 'attested', { host, verdict, weakestLink, nextAttestationSeconds });
    const now = missing.join('; ');
    if (now !== this.#missing && now !== '') log('warn', 'evidence-missing', { missing: now });
    this.#missing = now;
  }

  /**
   * Waits until an operator has decided about this machine.
   * @returns the host; null when the signal was aborted before
   * @throws EnrolmentRefused, and whatever else the agent ends for
   */
  async approval(signal: AbortSignal): Promise<string | null> {
    while (!signal.aborted) {
      try {
        return await this.host();
      } catch (error) {
        await this.#wait(await this.#after(error), signal);
      }
    }
    return null;
  }

  /**
   * Attests until the signal is aborted.
   * @returns null when it was; the reason where the service wants no more of this host
   * @throws what is a fault of this program
   */
  async run(signal: AbortSignal): Promise<Trouble | null> {
    const { log, installation } = this.#parts;
    try {
      while (!signal.aborted) await this.#wait(await this.#turn(signal), signal);
      log('info', 'stopped');
      return null;
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === null) throw error;
      log('error', 'ends', { ...trouble });
      return trouble;
    } finally {
      await installation.close();
    }
  }

  /** One attestation; milliseconds until the next, or until another try. */
  async #turn(signal: AbortSignal): Promise<number> {
    try {
      const { response } = await this.attest();
      this.#failures = 0;
      return untilNext(response.nextAttestationSeconds, this.#parts.edge);
    } catch (error) {
      return signal.aborted ? 0 : await this.#after(error);
    }
  }

  /**
   * What follows from an error.
   * @returns milliseconds until another try
   * @throws the error itself, where no other try would help
   */
  async #after(error: unknown): Promise<number> {
    const { edge, log, installation } = this.#parts;
    const trouble = troubleOf(error);
    const reaction = reactionTo(error);
    if (trouble === null || reaction.does === 'stop') throw error;
    this.#failures++;
    const least = reaction.does === 'wait' ? OPERATOR : 0;
    const asked = 'atLeast' in reaction ? reaction.atLeast * 1000 : 0;
    const delay = Math.max(backOff(this.#failures, edge), least, asked);
    const event = reaction.does === 'wait' ? 'waits' : 'not-attested';
    log('warn', event, { ...trouble, retrySeconds: Math.round(delay / 1000) });
    // What was loaded in the TPM may be gone.
    if (error instanceof TpmError || error instanceof EvidenceError) await installation.close();
    return delay;
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    const { edge, log, installation } = this.#parts;
    if ((await wait(ms, edge, signal)) !== 'resumed') return;
    log('info', 'resumed');
    await installation.close();
    await wait(AFTER_RESUME * randomFraction(edge), edge, signal);
  }
}
