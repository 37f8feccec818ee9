"""Native repair of one mesh, run as a program: ``python child.py OPERATION IN.npz OUT.npz``.

These libraries hang or crash on some meshes (one took 488 s on 12 000 faces), so they work
in a process of their own, with little memory and time. It imports nothing of the project, to
start quickly.

Operations, all from `points` (V, 3) float64 and `faces` (F, 3) int32:
    rebuild: pymeshfix on each of the parts in `label` (F,); gives `points`, `faces`, and
        `done`, the labels that came out closed.
    uncross: libigl's exact union of the mesh with itself; gives `before` and `after`, the
        faces that pass through others, and `points`, `faces` where something was changed.
"""

import resource
import sys


def rebuild(np, given):
    from pymeshfix import PyTMesh

    points, faces, label = given["points"], given["faces"], given["label"]
    places, triangles, done, offset = [], [], [], 0
    for part in np.unique(label):
        used, mine = np.unique(faces[label == part], return_inverse=True)
        mesh = PyTMesh()
        mesh.set_quiet(True)
        mesh.load_array(points[used], mine.reshape(-1, 3).astype(np.int32))
        mesh.fill_small_boundaries(0, True)
        mesh.clean(10, 3)
        made, corners = mesh.return_arrays()
        if len(corners) and mesh.n_boundaries == 0:
            places.append(np.asarray(made, dtype=np.float64))
            triangles.append(np.asarray(corners, dtype=np.int32) + np.int32(offset))
            offset += len(made)
            done.append(part)
    if not done:
        return {"done": np.array([], dtype=np.int64)}
    return {
        "points": np.concatenate(places),
        "faces": np.concatenate(triangles),
        "done": np.array(done, dtype=np.int64),
    }


def uncross(np, given):
    from igl.copyleft.cgal import mesh_boolean

    points, faces = given["points"], given["faces"].astype(np.int64)
    before = _crossing(np, points, faces)
    if not before:
        return {"before": before, "after": 0}
    nothing, no_faces = np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int64)
    points, faces, _ = mesh_boolean(points, faces, nothing, no_faces, "union")
    points = points.astype(np.float32).astype(np.float64)  # as an STL will hold it
    after = _crossing(np, points, faces)
    return {
        "before": before,
        "after": after,
        "points": points,
        "faces": faces.astype(np.int32),
    }


def _crossing(np, points, faces):
    """How many faces pass through another."""
    from igl.copyleft.cgal import remesh_self_intersections

    pairs = remesh_self_intersections(points, faces, detect_only=True)[2]
    return len(np.unique(pairs))


def main(operation, source, target, seconds):
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Not this folder: its modules are named like other people's.
    sys.path.pop(0)
    import numpy as np

    given = dict(np.load(source))
    made = {"rebuild": rebuild, "uncross": uncross}[operation](np, given)
    np.savez(target, **made)


if __name__ == "__main__":
    main(*sys.argv[1:])
