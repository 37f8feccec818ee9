(function (Img2Stl) {
    "use strict";
})(window.Img2Stl);
