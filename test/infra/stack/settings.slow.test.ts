// What a stack says about itself: the settings and the commit that it was deployed with.
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { withAllOptions } from '../../deploy/stage-settings.ts';
import {
  allOf,
  commit,
  required,
  type Synthesis,
  synthesize,
  synthesizeStage,
  synthesizeStages,
  theOne,
  variablesOf,
} from './synthesis.ts';

/** The context of the CDK after a shell has read the output. */
function contextOf({ outputs }: Synthesis): Record<string, string> {
  const script = `printf '%s\\n' ${outputs.Settings?.Value}`;
  const words = execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
  const options = words.filter((_word, index) => index % 2 === 1);
  expect(words.filter((_word, index) => index % 2 === 0)).toEqual(options.map(() => '-c'));
  return Object.fromEntries(options.map((option) => option.split(/=(.*)/s, 2)));
}

const partsOf = ({ resources, outputs }: Synthesis) => ({ resources, outputs });

test('the options in the output synthesize the same template again, with every setting', async () => {
  const settings = withAllOptions({ stage: 'prod', ...required }, 'https://issuer.example.com/keys');
  const first = await synthesize({ ...settings, requiredLinkedIdentity: "the bank's id" });
  const context = contextOf(first);
  expect(Object.keys(context).sort()).toEqual(
    Object.keys(settings)
      .filter((name) => name !== 'rollout')
      .sort(),
  );
  expect(partsOf(await synthesize(context))).toEqual(partsOf(first));
});

test('settings that came from variables are in the output too', async () => {
  const variables = { STAGE: 'dev', TOKEN_ISSUER: required.tokenIssuer, TOKEN_AUDIENCE: 'mobile-app' };
  const first = await synthesize({}, undefined, variables);
  expect(first.outputs.Settings?.Value).toBe(
    '-c stage=dev -c tokenIssuer=https://issuer.example.com -c tokenAudience=mobile-app',
  );
  expect(partsOf(await synthesize(contextOf(first)))).toEqual(partsOf(first));
});

test.each(await synthesizeStages('dev', 'prod', 'local'))(
  'the stage %s has the commit of its sources',
  (_stage, stack) => {
    expect(stack.outputs.Commit?.Value).toBe(commit);
  },
);

test.each(await synthesizeStages('dev', 'prod'))(
  'no function of the stage %s has an empty variable',
  (_stage, stack) => {
    for (const [, { Properties }] of allOf(stack, 'AWS::Lambda::Function')) {
      const { Variables } = Properties.Environment as { Variables: Record<string, unknown> };
      expect(Object.values(Variables).length).toBeGreaterThan(2);
      expect(Object.values(Variables)).not.toContain('');
    }
  },
);

describe('a stage with all optional settings', async () => {
  const stack = await synthesizeStage('full');

  test("sets the function's variables, and leaves the account's log role alone", () => {
    expect(variablesOf(stack)).toMatchObject({
      TOKEN_SCOPE: 'password:reset',
      TOKEN_MAX_AGE: '600',
      TOKEN_AUDIENCE_CLAIM: 'azp',
      TOKEN_BACKDATING: '300',
      PASSWORD_MIN_LENGTH: '8',
      BASE_PATHS: 'user/2021-2,user/2022-1,user/2024-2',
      CORS_ORIGINS: 'https://app.example.com,https://www.example.com',
    });
    expect(allOf(stack, 'AWS::ApiGateway::Account')).toEqual([]);
    expect(
      theOne(stack, 'AWS::Lambda::Function', 'Function')[1].Properties.ReservedConcurrentExecutions,
    ).toBe(7);
  });
});
