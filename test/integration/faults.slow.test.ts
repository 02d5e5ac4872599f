// The faults that faults.test.ts leaves out, in the same places.
import { faults } from './faults/network-faults.ts';
import { isInSample, testFaults } from './faults/places.ts';

testFaults((place) => faults.filter((_, index) => !isInSample(index, place)));
