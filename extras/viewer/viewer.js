// What the plugin's 3D view needs of three.js, and nothing else: esbuild drops the rest.
// The result is one plain script that sets the global IMG2STL_THREE.
export {
    BufferAttribute,
    BufferGeometry,
    Color,
    DirectionalLight,
    GreaterDepth,
    HemisphereLight,
    LineBasicMaterial,
    LineSegments,
    Mesh,
    MeshBasicMaterial,
    MeshLambertMaterial,
    PerspectiveCamera,
    Scene,
    Vector3,
    WebGLRenderer
} from "three";
export {OrbitControls} from "three/examples/jsm/controls/OrbitControls.js";
