"""A POST that does nothing: what Django REST framework itself costs on this server."""

from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView


class Bare(APIView):
    authentication_classes = ()
    permission_classes = ()

    def post(self, request):
        return Response({"received": len(request.data)})


urlpatterns = [path("bare", Bare.as_view())]
