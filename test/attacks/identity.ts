/** Attacks on the identity of hosts: their keys, their certificates, and how they enrol. Carried out where the parts are. */
import { elsewhere, type Section } from './attack.ts';

const CHAIN = 'test/chain/identity.test.ts';
const ENROLMENT = 'test/service/hosts/enrolment.test.ts';

export const IDENTITY: Section = {
  71: [
    elsewhere('another AK than the one that was activated, or one that never was', CHAIN),
    elsewhere('a credential for one AK answered with another', ENROLMENT),
  ],
  72: [elsewhere('an EK that is no storage key', ENROLMENT)],
  115: [
    elsewhere('enrolments that nobody answers', ENROLMENT),
    elsewhere('what strangers begin is forgotten, without an event', 'test/store/suite/enrolment.ts'),
  ],
};
