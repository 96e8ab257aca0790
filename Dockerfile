# Two images: `silo` runs one silo, `console` the console. docker-compose.yml builds both.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY . .
RUN dotnet publish silo/OrleansWork.Silo.csproj -c Release -o /out/silo -p:RunAnalyzers=false \
 && dotnet publish client/OrleansWork.Console.csproj -c Release -o /out/console -p:RunAnalyzers=false

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS silo
WORKDIR /app
COPY --from=build /out/silo .
COPY silo/healthcheck.sh .
ENV OrleansWork__DataDirectory=/tmp/orleanswork
USER $APP_UID
# What the silo says when it is ready, with its addresses, is kept for the health check.
ENTRYPOINT ["bash", "-c", "exec dotnet OrleansWork.Silo.dll \"$@\" > >(exec tee /tmp/silo.ready)", "silo"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["bash", "healthcheck.sh", "/tmp/silo.ready"]

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS console
WORKDIR /app
COPY --from=build /out/console .
USER $APP_UID
ENTRYPOINT ["dotnet", "orleanswork.dll"]
