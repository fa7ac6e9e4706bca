import { useState } from 'preact/hooks';
import { yamlText } from '../../model/yaml-text.ts';
import { useResource } from '../../state/resource.ts';
import type { StoredManifestAnswer } from '../../types.ts';
import { Problem, Section, Skeleton } from '../states.tsx';
import { Time } from '../time.tsx';
import { ManifestEditor } from './manifest-editor.tsx';

/** How the service is released, and a place to try a change. */
export function ManifestPart({ service }: { service: string }) {
  const path = `/api/services/${encodeURIComponent(service)}/manifest`;
  const manifest = useResource<StoredManifestAnswer>(path, (change) => change?.service === service);
  const [isEditing, setEditing] = useState(false);
  const { data, error } = manifest;
  return (
    <Section
      title="Manifest"
      aside={
        data && (
          <p class="hint">
            Revision {data.revision}, by {data.updatedBy}, <Time at={data.updatedAt} />
          </p>
        )
      }
    >
      {error && <Problem error={error} onRetry={manifest.reload} />}
      {!data && !error && <Skeleton label="The manifest is being read" />}
      {data && !isEditing && (
        <>
          <ManifestText manifest={data} />
          <button type="button" onClick={() => setEditing(true)}>
            Try a change
          </button>
        </>
      )}
      {data && isEditing && (
        <ManifestEditor
          manifest={data}
          onDone={() => {
            setEditing(false);
            manifest.reload();
          }}
        />
      )}
    </Section>
  );
}

function ManifestText({ manifest }: { manifest: StoredManifestAnswer }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
    <section class="manifest" tabIndex={0} aria-label="Manifest as YAML">
      <pre>
        <code>{yamlText(manifest.source)}</code>
      </pre>
    </section>
  );
}
