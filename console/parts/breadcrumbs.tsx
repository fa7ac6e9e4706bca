import { servicePath } from '../router.ts';

/** Where the page is below. */
export function Breadcrumbs({ service, here }: { service?: string; here: string }) {
  return (
    <nav class="crumbs" aria-label="Where you are">
      <ol>
        <li>
          <a href="/">Services</a>
        </li>
        {service && (
          <li>
            <a href={servicePath(service)}>{service}</a>
          </li>
        )}
        <li aria-current="page">{here}</li>
      </ol>
    </nav>
  );
}
