"""A STEP file of a box, written by us after ISO 10303-21 and -214, for the tests."""

from __future__ import annotations

from itertools import pairwise, product

HEAD = """ISO-10303-21;
HEADER;
FILE_DESCRIPTION(('A box, written for tests'),'2;1');
FILE_NAME('box.step','2026-11-27T00:00:00',(''),(''),'','','');
FILE_SCHEMA(('AUTOMOTIVE_DESIGN { 1 0 10303 214 1 1 1 1 }'));
ENDSEC;
DATA;
"""
MM = "(LENGTH_UNIT()NAMED_UNIT(*)SI_UNIT(.MILLI.,.METRE.))"


def step_box(*size: float, inches: bool = False) -> bytes:
    """A box with one corner at the origin: six plane faces, twelve edges, one solid."""
    lines: list[str] = []

    def add(text: str) -> str:
        lines.append(f"#{len(lines) + 1}={text};")
        return f"#{len(lines)}"

    def point(corner) -> str:
        place = (each * side for each, side in zip(corner, size, strict=True))
        return add(f"CARTESIAN_POINT('',({','.join(f'{each:.3f}' for each in place)}))")

    def direction(axis: int, length: float = 1.0) -> str:
        ratios = (f"{length if n == axis else 0.0:.1f}" for n in range(3))
        return add(f"DIRECTION('',({','.join(ratios)}))")

    def placement(corner, normal: str, across: str) -> str:
        return add(f"AXIS2_PLACEMENT_3D('',{point(corner)},{normal},{across})")

    corners = list(product((0, 1), repeat=3))
    vertices = {each: add(f"VERTEX_POINT('',{point(each)})") for each in corners}
    edges = {}
    for begin, axis in product(corners, range(3)):
        if begin[axis] == 0:
            end = begin[:axis] + (1,) + begin[axis + 1 :]
            vector = add(f"VECTOR('',{direction(axis)},1.0)")
            line = add(f"LINE('',{point(begin)},{vector})")
            curve = f"EDGE_CURVE('',{vertices[begin]},{vertices[end]},{line},.T.)"
            edges[begin, end] = add(curve)
    faces = []
    for axis, side in product(range(3), (0, 1)):
        loop = []
        for first, second in ((0, 0), (1, 0), (1, 1), (0, 1))[:: 1 if side else -1]:
            corner = [side] * 3
            corner[(axis + 1) % 3], corner[(axis + 2) % 3] = first, second
            loop.append(tuple(corner))
        used = []
        for ends in pairwise([*loop, loop[0]]):
            there = ends in edges
            edge = edges[ends if there else ends[::-1]]
            used.append(add(f"ORIENTED_EDGE('',*,*,{edge},.{'T' if there else 'F'}.)"))
        bound = add(f"EDGE_LOOP('',({','.join(used)}))")
        bound = add(f"FACE_OUTER_BOUND('',{bound},.T.)")
        normal = direction(axis, 1.0 if side else -1.0)
        plane = placement(loop[0], normal, direction((axis + 1) % 3))
        plane = add(f"PLANE('',{plane})")
        faces.append(add(f"ADVANCED_FACE('',({bound}),{plane},.T.)"))
    shell = add(f"CLOSED_SHELL('',({','.join(faces)}))")
    solid = add(f"MANIFOLD_SOLID_BREP('box',{shell})")

    unit = add(MM)
    if inches:
        none = "DIMENSIONAL_EXPONENTS(1.,0.,0.,0.,0.,0.,0.)"
        factor = add(f"LENGTH_MEASURE_WITH_UNIT(LENGTH_MEASURE(25.4),{unit})")
        unit = add(
            f"(CONVERSION_BASED_UNIT('INCH',{factor})LENGTH_UNIT()NAMED_UNIT({add(none)}))"
        )
    angle = add("(NAMED_UNIT(*)PLANE_ANGLE_UNIT()SI_UNIT($,.RADIAN.))")
    solid_angle = add("(NAMED_UNIT(*)SI_UNIT($,.STERADIAN.)SOLID_ANGLE_UNIT())")
    fine = add(
        f"UNCERTAINTY_MEASURE_WITH_UNIT(LENGTH_MEASURE(1.E-6),{unit},'distance','')"
    )
    context = add(
        f"(GEOMETRIC_REPRESENTATION_CONTEXT(3)GLOBAL_UNCERTAINTY_ASSIGNED_CONTEXT(({fine}))"
        f"GLOBAL_UNIT_ASSIGNED_CONTEXT(({unit},{angle},{solid_angle}))"
        "REPRESENTATION_CONTEXT('',''))"
    )
    origin = placement((0, 0, 0), direction(2), direction(0))
    shape = add(f"ADVANCED_BREP_SHAPE_REPRESENTATION('',({origin},{solid}),{context})")

    application = add("APPLICATION_CONTEXT('automotive design')")
    kind = add(f"PRODUCT_CONTEXT('',{application},'mechanical')")
    product_ = add(f"PRODUCT('box','box','',({kind}))")
    formation = add(f"PRODUCT_DEFINITION_FORMATION('','',{product_})")
    stage = add(f"PRODUCT_DEFINITION_CONTEXT('part definition',{application},'design')")
    design = add(f"PRODUCT_DEFINITION('design','',{formation},{stage})")
    defined = add(f"PRODUCT_DEFINITION_SHAPE('','',{design})")
    add(f"SHAPE_DEFINITION_REPRESENTATION({defined},{shape})")
    return (HEAD + "\n".join(lines) + "\nENDSEC;\nEND-ISO-10303-21;\n").encode()
