/** Attacks on the identity of hosts: their keys, their certificates, how they enrol and attest. Carried out where the parts are. */
import { elsewhere, type Section } from './attack.ts';

const CERTIFICATES = 'test/x509/attacks.test.ts';
const CHAIN = 'test/chain/identity.test.ts';
const ENROLMENT = 'test/service/suite/enrolment.ts';
const ATTESTATION = 'test/service/suite/attestation.ts';
const RECORDS = 'test/service/suite/host-records.ts';
const TRUST_CHANGE = 'test/service/suite/trust-change.ts';
const FLOOD = 'test/faults/flood.test.ts';
const KILLED = 'test/faults/killed-service.test.ts';

export const IDENTITY: Section = {
  53: [
    elsewhere('a challenge that is answered twice, also at once', ATTESTATION),
    elsewhere('one answer, fifty times at once', FLOOD),
    elsewhere('a challenge that is answered again after the service was killed', KILLED),
  ],
  62: [elsewhere('counters that fell since the last answer', ATTESTATION)],
  63: [elsewhere('entries after the quote, which count the next time', ATTESTATION)],
  65: [elsewhere('a challenge made for another host', ATTESTATION)],
  70: [elsewhere('an AK of another hierarchy than it enrolled with', CHAIN)],
  71: [
    elsewhere('another AK than the one that was activated, or one that never was', CHAIN),
    elsewhere('a credential for one AK answered with another', ENROLMENT),
  ],
  72: [elsewhere('an EK that is no storage key', ENROLMENT)],
  73: [elsewhere('certificates for something else', CERTIFICATES)],
  74: [elsewhere('critical extensions', CERTIFICATES)],
  75: [elsewhere('CAs that are none, roots that came along, circles, weak keys', CERTIFICATES)],
  76: [elsewhere('keys marked for RSAES-OAEP', CERTIFICATES)],
  77: [elsewhere('padding and headers of NV indices', CERTIFICATES)],
  78: [elsewhere('malformed DER as vendors wrote it', CERTIFICATES)],
  79: [elsewhere('files of several blocks', CERTIFICATES)],
  80: [elsewhere('an extension twice, odd strings and numbers', CERTIFICATES)],
  81: [
    elsewhere('keys that anyone can compute', CERTIFICATES),
    elsewhere('a virtual TPM where the policy takes none', CHAIN),
  ],
  82: [elsewhere('addresses in certificates', CERTIFICATES)],
  83: [elsewhere('the platform certificate of another machine', CERTIFICATES)],
  84: [elsewhere('no trusted root at all', CHAIN), elsewhere('a host without a policy', ATTESTATION)],
  92: [elsewhere('enrolling again, with the AK of another host, and with one EK twice', ENROLMENT)],
  93: [elsewhere('a wrong secret, and a second attempt', ENROLMENT)],
  96: [elsewhere('the certificate of another EK', CHAIN)],
  100: [elsewhere('a host whose policy is not loaded', ATTESTATION)],
  102: [
    elsewhere('a verdict after its time', RECORDS),
    elsewhere('a verdict whose root was taken back before its time', TRUST_CHANGE),
  ],
  104: [elsewhere('a root that came with the certificate', CHAIN)],
  105: [elsewhere('a genuine TPM that nobody said is ours', CHAIN), elsewhere('a genuine TPM that enrols', ENROLMENT)],
  106: [elsewhere('a quiet attestation after a bad entry', ATTESTATION)],
  108: [elsewhere('a quote by the AK of another enrolled host', ATTESTATION)],
  115: [
    elsewhere('challenges that nobody answers, for hosts known and unknown', FLOOD),
    elsewhere('enrolments that nobody answers', ENROLMENT),
    elsewhere('what strangers begin is forgotten, without an event', 'test/store/suite/enrolment.ts'),
  ],
};
