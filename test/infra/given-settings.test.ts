// The line of settings that a stack has as an output, and what is said about a deployment with other settings.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { compareSettings, formatSettings, parseSettings } from '../../infra/settings/given-settings.ts';
import { settingSpecs } from '../../infra/settings/settings.ts';

const names = settingSpecs.map(([name]) => name).filter((name) => name !== 'rollout');
const given = { stage: 'prod', tokenScope: 'reset openid', requiredLinkedIdentity: "the bank's id" } as const;
const line = `-c stage=prod -c tokenScope='reset openid' -c requiredLinkedIdentity='the bank'\\''s id'`;

test('the line has every setting as an option for a shell, except those of one deployment', () => {
  expect(formatSettings({ ...given, rollout: 'at-once' })).toBe(line);
});

test('a shell reads the options of the line as they were given', () => {
  const printed = execFileSync('bash', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' });
  expect(printed.trim().split('\n')).toEqual(
    Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  );
});

/** Values as settings may have them, and worse. */
const values = fc.stringMatching(/^[ -~à-ü]*[!-~]$/).map((value) => value.trim());

it('any settings are read as they were written', () => {
  const settings = fc.dictionary(fc.constantFrom(...names), values);
  fc.assert(
    fc.property(settings, (one) => {
      expect(parseSettings(formatSettings(one))).toEqual({ ...one });
    }),
  );
  const tricky = { requiredLinkedIdentity: "'-c stage=dev ' \\' -c tokenScope='x", tokenScope: "''" };
  expect(parseSettings(formatSettings(tricky))).toEqual(tricky);
});

describe('a comparison', () => {
  it('names what would be dropped, changed and added', () => {
    const intended = { stage: 'prod', tokenScope: 'reset', tokenMaxAge: '300', rollout: 'at-once' };
    expect(compareSettings(line, intended)).toEqual({
      dropped: ['requiredLinkedIdentity'],
      lines: [
        "drops requiredLinkedIdentity: the bank's id",
        'changes tokenScope: reset openid -> reset',
        'adds tokenMaxAge: 300',
      ],
    });
  });

  it('has nothing to say about the same settings in another order', () => {
    const { stage, ...others } = given;
    expect(compareSettings(line, { ...others, stage })).toEqual({ dropped: [], lines: [] });
  });

  it('names a setting that this version no longer has', () => {
    expect(compareSettings('-c stage=dev -c oldSetting=1', { stage: 'dev' }).dropped).toEqual(['oldSetting']);
  });
});
