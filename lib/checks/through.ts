import { z } from 'zod';
import { textOrSecret } from './written-requests.ts';

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/, 'needs the name of a header: 1 to 64 of A-Z a-z 0-9 -');

/** The manifest's `through`. */
export const throughSchema = z
  .union(
    [
      z.literal('green'),
      z.strictObject({
        url: z
          .url({ protocol: /^https?$/, error: 'needs an address such as https://shop.example.com' })
          .describe('Where users reach the service'),
        header: z
          .strictObject({
            name: headerName.describe('Of the header by which the router knows a preview'),
            value: textOrSecret
              .prefault('{environment}')
              .describe('May have `{environment}` and `{version}` in it'),
          })
          .describe('Sent with every request'),
        answeredBy: z
          .strictObject({
            header: headerName.describe('A header of every answer'),
            is: z
              .string()
              .min(1)
              .prefault('{environment}')
              .describe('What it has to be, with `{environment}` and `{version}`'),
          })
          .optional()
          .describe(
            'How an answer proves that it comes from the side that was meant; x-verdigris-environment: {environment} if absent, as the local proxy says it of a preview',
          ),
      }),
    ],
    { error: 'needs green, or { url, header: { name, value } }' },
  )
  .prefault('green')
  .describe("Green's own address, or the router with a header that leads to green");
export type Through = z.output<typeof throughSchema>;
